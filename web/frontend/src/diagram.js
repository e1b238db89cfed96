// One diagram on a page: loads a drawing, shows its tokens, moves between its pages.
import NavigatedViewer from 'bpmn-js/lib/NavigatedViewer';
import { element, shape } from './dom.js';
import { startGestures } from './gestures.js';
import { showTokens } from './tokens.js';
import { words } from './words.js';

const POLL = 20e3;
// Smaller than this and labels cannot be read: show the current step instead of the whole drawing.
const READABLE = 0.5;
// What stays free around the drawing, in its own pixels.
const MARGIN = 24;

/** Return the address with the page asked for, or as given for the first page. */
export function addressed(url, page) {
  const address = new URL(url, location.href);
  if (page) address.searchParams.set('page', page);
  return address;
}

async function fetched(url, kind) {
  const answer = await fetch(url, { credentials: 'same-origin', headers: { Accept: kind } });
  if (!answer.ok) throw new Error(`${url.pathname}: ${answer.status}`);
  return kind.endsWith('json') ? answer.json() : answer.text();
}

export class Diagram {
  constructor(frame) {
    this.frame = frame;
    this.label = frame.getAttribute('aria-label');
    this.trail = []; // pages opened, the last one shown; the first page has no id of its own
    this.report = null;
    this.shown = '';
    this.box = element('div', { class: 'diagram-canvas' });
    this.bar = element('div', { class: 'diagram-bar' });
    this.pages = element('div', { class: 'diagram-pages' });
    this.message = element('p', { class: 'diagram-message', role: 'status' });
    // The frame is a picture only until it has buttons in it; then the drawing inside is the picture.
    frame.removeAttribute('role');
    frame.removeAttribute('aria-label');
    frame.replaceChildren(this.bar, this.box, this.message);
    this.bar.append(this.pages, this.tools());
    this.viewer = new NavigatedViewer({ container: this.box, zoomScroll: { enabled: false } });
    this.listen();
  }

  tools() {
    const tool = (name, text, act) => element('button', { type: 'button', class: 'diagram-tool', title: text, 'aria-label': text, onclick: act }, shape(name));
    return element(
      'div',
      { class: 'diagram-tools' },
      tool('target', words.follow, () => this.goToToken()),
      tool('out', words.zoomOut, () => this.zoom(1 / 1.25)),
      tool('in', words.zoomIn, () => this.zoom(1.25)),
      tool('fit', words.fit, () => this.fit()),
    );
  }

  listen() {
    const picture = this.box.querySelector('svg');
    picture.setAttribute('role', 'img');
    picture.setAttribute('aria-label', `${this.label}。${words.keys}`);
    this.box.addEventListener('keydown', (event) => this.onKey(event));
    // The wheel scrolls the page until the drawing was chosen by a click or by the keyboard.
    this.box.addEventListener('focusin', () => this.viewer.get('zoomScroll').toggle(true));
    this.box.addEventListener('focusout', () => this.viewer.get('zoomScroll').toggle(false));
    this.box.addEventListener('mousedown', () => this.viewer.get('canvas').focus());
    startGestures(this.box, this.viewer);
    let width = this.box.clientWidth;
    new ResizeObserver(() => {
      if (this.box.clientWidth === width) return;
      width = this.box.clientWidth;
      this.viewer.get('canvas').resized();
      if (this.report) this.settle();
    }).observe(this.box);
  }

  onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.tagName === 'BUTTON') return;
    const step = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[event.key];
    if (step) this.viewer.get('canvas').scroll({ dx: step[0], dy: step[1] });
    else if (event.key === '+' || event.key === '=') this.zoom(1.25);
    else if (event.key === '-') this.zoom(1 / 1.25);
    else if (event.key === '0') this.fit();
    else return;
    event.preventDefault();
  }

  zoom(factor) {
    const canvas = this.viewer.get('canvas');
    canvas.zoom(Math.max(0.2, Math.min(3, canvas.zoom() * factor)), 'auto');
  }

  fit() {
    const canvas = this.viewer.get('canvas');
    canvas.zoom('fit-viewport', 'auto');
    // A margin, so that no line of the drawing lies under the frame; never larger than drawn.
    canvas.zoom(Math.min(1, canvas.zoom() * 0.96), 'auto');
  }

  goToToken() {
    const registry = this.viewer.get('elementRegistry');
    const token = (this.report?.tokens || []).find((each) => registry.get(each.element));
    const done = (this.report?.done || []).filter((id) => registry.get(id) && !registry.get(id).waypoints);
    const first = registry.filter((each) => each.type === 'bpmn:StartEvent')[0]?.id;
    const change = (this.report?.changes || []).find((each) => registry.get(each.element));
    this.centre(token?.element || done[done.length - 1] || change?.element || first);
  }

  /** Bring an element to the middle, large enough to be read. */
  centre(id) {
    const drawn = id && this.viewer.get('elementRegistry').get(id);
    if (!drawn) return;
    const canvas = this.viewer.get('canvas');
    const scale = Math.max(canvas.zoom(), 0.8);
    canvas.zoom(scale);
    const { outer, inner } = canvas.viewbox();
    const at = (axis, size) => {
      const [wide, start] = [outer[size] / scale, drawn.waypoints ? drawn.waypoints[0][axis] : drawn[axis] + (drawn[size] || 0) / 2];
      // In the middle, but never so that a side of the frame stays empty while the drawing goes on at the other.
      const [low, high] = [inner[axis] - MARGIN, inner[axis] + inner[size] + MARGIN - wide];
      return low > high ? (low + high) / 2 : Math.max(low, Math.min(start - wide / 2, high));
    };
    canvas.viewbox({ x: at('x', 'width'), y: at('y', 'height'), width: outer.width / scale, height: outer.height / scale });
  }

  settle() {
    if (!this.box.clientWidth || !this.box.clientHeight) return; // hidden: it is settled when it gets a size
    this.fit();
    if (this.viewer.get('canvas').zoom() < READABLE) this.goToToken();
  }

  get page() {
    return this.trail[this.trail.length - 1];
  }

  /** Load the page's drawing and its tokens; say so when that fails. */
  async load() {
    const page = this.page;
    this.message.hidden = false;
    this.message.replaceChildren(words.loading);
    try {
      const [xml, report] = await Promise.all([
        fetched(addressed(this.frame.dataset.diagramUrl, page?.id), 'application/xml'),
        fetched(addressed(this.frame.dataset.tokensUrl, page?.id), 'application/json'),
      ]);
      if (page !== this.page) return; // another page was opened meanwhile
      await this.viewer.importXML(xml);
      this.message.hidden = true;
      this.show(report);
      this.settle();
    } catch {
      this.message.replaceChildren(words.failed, ' ', element('button', { type: 'button', class: 'btn btn-link', onclick: () => this.load() }, words.retry));
    }
  }

  show(report) {
    this.report = report;
    this.shown = JSON.stringify(report);
    showTokens(this.viewer, report, (page) => this.open(page));
    const back = this.trail.length ? element('button', { type: 'button', class: 'diagram-page', onclick: () => this.close() }, shape('back'), words.back) : null;
    const here = this.page ? element('strong', { class: 'diagram-here' }, this.page.name) : null;
    const onward = (report.pages || []).map((page) =>
      element(
        'button',
        { type: 'button', class: 'diagram-page', onclick: () => this.open(page) },
        shape('page'),
        words.openPage(page.name),
        page.tokens ? element('span', { class: 'token-badge token-badge-open' }, String(page.tokens)) : null,
        page.tokens ? element('span', { class: 'visually-hidden' }, words.tokensThere) : null,
        page.changes ? element('span', { class: 'token-badge token-badge-waiting' }, String(page.changes)) : null,
        page.changes ? element('span', { class: 'visually-hidden' }, words.changesThere) : null,
      ),
    );
    this.pages.replaceChildren(...[back, here, ...onward].filter(Boolean));
  }

  open(page) {
    this.trail.push(page);
    return this.load();
  }

  close() {
    this.trail.pop();
    return this.load();
  }

  /** Ask for the tokens again; what did not change is left alone. A lost connection is asked again next time. */
  async refresh() {
    if (document.hidden || !this.report) return;
    const page = this.page;
    try {
      const report = await fetched(addressed(this.frame.dataset.tokensUrl, page?.id), 'application/json');
      if (page === this.page && JSON.stringify(report) !== this.shown) this.show(report);
    } catch {
      // the drawing keeps what it last knew
    }
  }

  async start() {
    await this.load();
    if (this.frame.dataset.follow !== 'no') setInterval(() => this.refresh(), POLL);
    return this;
  }
}
