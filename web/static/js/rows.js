// Rows of a dynamic list come and go in place; without scripts the same buttons ask the server.
import { announce } from './live.js';
import { words } from './words.js';

/** Give the row its new place in every name, id and reference. */
function renumber(row, list, index) {
  const before = `${list.dataset.rows}.${row.dataset.rowIndex}`;
  const after = `${list.dataset.rows}.${index}`;
  if (before === after) return;
  const dashed = (name) => `field-${name.replace(/[^0-9A-Za-z_-]+/g, '-')}`;
  const renamed = (text, from, to, end) => text.split(' ').map((part) => (part === from || part.startsWith(from + end) ? to + part.slice(from.length) : part)).join(' ');
  const inside = [row, ...row.querySelectorAll('*')];
  for (const template of row.querySelectorAll('template')) inside.push(...template.content.querySelectorAll('*'));
  for (const element of inside) {
    for (const name of ['name', 'value', 'data-rows']) {
      if (name === 'value' && !element.matches('button')) continue;
      if (element.hasAttribute(name)) element.setAttribute(name, renamed(element.getAttribute(name), before, after, '.'));
    }
    for (const name of ['id', 'for', 'aria-describedby']) {
      if (element.hasAttribute(name)) element.setAttribute(name, renamed(element.getAttribute(name), dashed(before), dashed(after), '-'));
    }
  }
  row.dataset.rowIndex = index;
}

const rowsOf = (list) => [...list.querySelectorAll(':scope > .row-items > .row-item')];

function add(list) {
  const template = list.querySelector(':scope > template');
  if (!template) return false;
  const index = rowsOf(list).length;
  const holder = document.createElement('template');
  holder.innerHTML = template.innerHTML.replaceAll(list.dataset.placeholder, String(index));
  const row = holder.content.querySelector('.row-item');
  list.querySelector(':scope > .row-items').append(row);
  row.querySelector('input, select, textarea')?.focus();
  return true;
}

function remove(button) {
  const row = button.closest('.row-item');
  const list = row.closest('[data-rows]');
  row.remove();
  rowsOf(list).forEach((each, index) => renumber(each, list, index));
  list.querySelector(':scope > [data-add-row]')?.focus();
  list.dispatchEvent(new Event('change', { bubbles: true }));
}

export function startRows() {
  document.addEventListener('click', (event) => {
    const adding = event.target.closest('[data-add-row]');
    const removing = event.target.closest('[data-remove-row]');
    if (adding && add(adding.closest('[data-rows]'))) {
      event.preventDefault();
      announce(words.rowAdded);
    } else if (removing) {
      event.preventDefault();
      remove(removing);
      announce(words.rowRemoved);
    }
  });
}
