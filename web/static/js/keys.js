// The inbox by keyboard. <table data-keys> with <tr data-row>; in a row: a[data-open], [data-claim], [data-select].
import { words } from './words.js';

const typing = (target) => target.closest?.('input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]');
const rows = () => [...document.querySelectorAll('[data-keys] [data-row]')];
const here = () => document.querySelector('[data-keys] [data-row].is-here');

function goTo(row) {
  if (!row) return;
  here()?.classList.remove('is-here');
  row.classList.add('is-here');
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: 'nearest' });
}

function move(by) {
  const all = rows();
  const at = all.indexOf(here());
  goTo(all[at < 0 ? 0 : Math.max(0, Math.min(all.length - 1, at + by))]);
}

const actions = {
  j: () => move(1),
  k: () => move(-1),
  c: () => here()?.querySelector('[data-claim]')?.click(),
  x: () => here()?.querySelector('[data-select]')?.click(),
  '?': () => document.getElementById('keys-help')?.showModal(),
  '/': () => document.querySelector('[data-search], input[type=search]')?.focus(),
};

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event.target)) return;
  if (document.querySelector('dialog[open]')) return;
  if (event.key === 'Enter') {
    if (event.target !== here()) return; // on a link or a button Enter is theirs
    here().querySelector('[data-open]')?.click();
    return;
  }
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}

function countSelected() {
  const chosen = document.querySelectorAll('[data-select]:checked').length;
  const total = document.querySelectorAll('[data-select]').length;
  for (const place of document.querySelectorAll('[data-selected-count]')) place.textContent = words.selected(chosen);
  for (const bar of document.querySelectorAll('[data-bulk-bar]')) bar.hidden = chosen === 0;
  for (const all of document.querySelectorAll('[data-select-all]')) {
    all.checked = chosen > 0 && chosen === total;
    all.indeterminate = chosen > 0 && chosen < total;
  }
}

/** A list that renews itself keeps the reader's place, and shows what is new in it. Rows are known by their ids. */
function keepPlace() {
  let place = null;
  let known = new Set();
  document.addEventListener('htmx:before:swap', () => {
    place = here() && { id: here().id, focused: here().contains(document.activeElement) };
    known = new Set(rows().map((row) => row.id));
  });
  document.addEventListener('htmx:after:swap', () => {
    const row = place?.id && document.getElementById(place.id);
    if (row && !here()) {
      if (place.focused) goTo(row);
      else row.classList.add('is-here');
    }
    if (known.size) for (const each of rows()) if (each.id && !known.has(each.id)) each.classList.add('moved');
  });
}

export function startKeys() {
  keepPlace();
  document.addEventListener('keydown', onKey);
  document.addEventListener('change', (event) => {
    if (event.target.matches('[data-select-all]')) {
      for (const box of document.querySelectorAll('[data-select]')) box.checked = event.target.checked;
    }
    if (event.target.matches('[data-select], [data-select-all]')) countSelected();
  });
  document.addEventListener('click', (event) => {
    const row = event.target.closest('[data-keys] [data-row]');
    if (!row || getSelection()?.toString()) return;
    if (event.target.closest('a, button, input, label, select, textarea, summary, details')) goTo(row);
    else row.querySelector('[data-open]')?.click();
  });
  document.addEventListener('focusin', (event) => {
    const row = event.target.closest('[data-keys] [data-row]');
    if (row && row !== here()) {
      here()?.classList.remove('is-here');
      row.classList.add('is-here');
    }
  });
  document.addEventListener('htmx:after:swap', countSelected);
  countSelected();
}
