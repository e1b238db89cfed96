// Elements made without markup strings, so that nothing in a label can become markup.
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (value !== false && value !== undefined) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = 'http://www.w3.org/2000/svg';

// A few 16-pixel shapes of our own, since the bundle does not know where the page keeps its sprite.
const SHAPES = {
  in: 'M7 3h2v4h4v2H9v4H7V9H3V7h4z',
  out: 'M3 7h10v2H3z',
  fit: 'M2 2h5v2H4v3H2zm7 0h5v5h-2V4H9zM2 9h2v3h3v2H2zm10 0h2v5H9v-2h3z',
  target: 'M7 1h2v2.1A5 5 0 0 1 12.9 7H15v2h-2.1A5 5 0 0 1 9 12.9V15H7v-2.1A5 5 0 0 1 3.1 9H1V7h2.1A5 5 0 0 1 7 3.1zm1 4a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  page: 'M3 2h7v2H5v7H3zm4 4h6v8H7zm2 2v4h2V8z',
  back: 'M7 3 2 8l5 5V9h7V7H7z',
  alarm: 'M8 1 15.5 14.5H.5zM7 6v4h2V6zm0 5v2h2v-2z',
  wait: 'M4 1h8v3L9 8l3 4v3H4v-3l3-4-3-4z',
};

export function shape(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'diagram-shape');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', SHAPES[name]);
  path.setAttribute('fill-rule', 'evenodd');
  svg.append(path);
  return svg;
}
