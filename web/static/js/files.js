// Files before they are sent: what was chosen, how much it is, and a way to take one back.
// On a phone a photo field gets a second button that opens the camera; the album stays the first.
import { icon } from './icons.js';
import { words } from './words.js';

const readable = (bytes) => (bytes < 1048576 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / 1048576).toFixed(1)} MB`);

function watch(field) {
  const input = field.querySelector('input[type=file]');
  const count = field.querySelector('[data-file-count]');
  const previews = field.querySelector('[data-file-previews]');
  const maxFiles = Number(field.dataset.maxFiles) || Infinity;
  const maxBytes = Number(field.dataset.maxBytes) || Infinity;
  let chosen = [];

  function show(problems = []) {
    const carrier = new DataTransfer();
    chosen.forEach((file) => carrier.items.add(file));
    input.files = carrier.files;
    const size = chosen.reduce((sum, file) => sum + file.size, 0);
    count.textContent = [...problems, chosen.length ? words.files(chosen.length, readable(size)) : ''].filter(Boolean).join(' ');
    count.classList.toggle('is-bad', problems.length > 0);
    for (const image of previews.querySelectorAll('img')) URL.revokeObjectURL(image.src);
    previews.replaceChildren(...chosen.map((file) => preview(file)));
  }

  function preview(file) {
    const item = document.createElement('li');
    item.className = 'file-preview';
    if (file.type.startsWith('image/')) {
      const image = document.createElement('img');
      image.src = URL.createObjectURL(file);
      image.alt = '';
      item.append(image);
    }
    const name = document.createElement('span');
    name.textContent = file.name;
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-label', words.removeFile(file.name));
    button.append(icon('x-lg'));
    button.addEventListener('click', () => {
      chosen = chosen.filter((each) => each !== file);
      show();
      input.focus();
    });
    item.append(name, button);
    return item;
  }

  function take(files) {
    const problems = [];
    for (const file of files) {
      if (chosen.some((each) => each.name === file.name && each.size === file.size && each.lastModified === file.lastModified)) continue;
      if (file.size > maxBytes) problems.push(words.tooLarge(file.name, readable(maxBytes)));
      else if (!input.multiple) chosen = [file];
      else if (chosen.length >= maxFiles) problems.push(words.tooMany(maxFiles));
      else chosen.push(file);
    }
    show([...new Set(problems)]);
  }

  input.addEventListener('change', () => take([...input.files]));
  if (!('photos' in field.dataset) || !matchMedia('(pointer: coarse)').matches) return;
  const camera = document.createElement('input');
  camera.type = 'file';
  camera.accept = 'image/*';
  camera.capture = 'environment';
  camera.hidden = true;
  camera.addEventListener('change', () => take([...camera.files]));
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'btn btn-outline-primary';
  button.append(icon('camera'), ` ${words.takePhoto}`);
  button.addEventListener('click', () => camera.click());
  const bar = document.createElement('div');
  bar.className = 'file-buttons';
  bar.append(button, camera);
  input.after(bar);
}

export function startFiles() {
  const begin = () => {
    for (const field of document.querySelectorAll('[data-files]:not([data-started])')) {
      field.dataset.started = '';
      watch(field);
    }
  };
  begin();
  document.addEventListener('htmx:after:swap', begin);
}
