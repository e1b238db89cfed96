// Fields that depend on an answer come and go as it is given. <form data-fields-url="…">: the server, which knows the
// conditions, answers the form's fields; what stays is not touched, so that nobody loses a word or the cursor. Where
// a page asks something of its own before them, data-fields is around those that the server answers.
import { announce } from './live.js';
import { words } from './words.js';

const asking = 'select, [type=radio], [type=checkbox], [type=number], [type=date], [type=time], [type=datetime-local]';
const turns = new WeakMap(); // form → number of the latest question
const put = new WeakMap(); // grid → cells that are hidden now, with what was typed into them

const cells = (grid) => [...grid.children].filter((cell) => cell.dataset.cell);
const inner = (cell) => [...cell.querySelectorAll('.form-grid')].filter((grid) => grid.parentElement.closest('.form-grid') === cell.parentElement);
const offered = (cell) => [...cell.querySelectorAll('option, .choice input')].map((each) => each.value).join('\n');

/** Show in `own` what changed between it and `fresh`: texts, choices, groups. */
function renew(own, fresh) {
  const grids = inner(own);
  const others = inner(fresh);
  if (grids.length) {
    if (grids.length === others.length) grids.forEach((grid, at) => merge(grid, others[at]));
    return;
  }
  const isText = !fresh.querySelector('input, select, textarea');
  if ((isText && own.innerHTML !== fresh.innerHTML) || offered(own) !== offered(fresh)) own.replaceChildren(...fresh.childNodes);
}

function merge(grid, fresh) {
  const hidden = put.get(grid) || new Map();
  put.set(grid, hidden);
  const present = new Map(cells(grid).map((cell) => [cell.dataset.cell, cell]));
  let added = 0;
  let before = null;
  for (const wanted of cells(fresh)) {
    const id = wanted.dataset.cell;
    let cell = present.get(id);
    if (cell) renew(cell, wanted);
    else {
      cell = hidden.get(id) || document.importNode(wanted, true);
      hidden.delete(id);
      if (before) before.after(cell);
      else grid.prepend(cell);
      added += 1;
    }
    present.delete(id);
    before = cell;
  }
  for (const [id, cell] of present) {
    hidden.set(id, cell);
    cell.remove();
  }
  if (added) announce(words.fieldsAdded(added));
}

/** Ask the server which fields there are with what is filled in now. Without an answer the form stays as it is. */
export async function refreshFields(form) {
  const turn = (turns.get(form) || 0) + 1;
  turns.set(form, turn);
  const pairs = [...new FormData(form)].filter(([, value]) => typeof value === 'string');
  try {
    const answer = await fetch(form.dataset.fieldsUrl, { method: 'POST', body: new URLSearchParams(pairs), credentials: 'same-origin' });
    const text = await answer.text();
    if (!answer.ok || turns.get(form) !== turn) return;
    const fresh = new DOMParser().parseFromString(text, 'text/html').querySelector('.form-grid');
    const own = form.querySelector('[data-fields] .form-grid') || form.querySelector('.form-grid');
    if (own && fresh) merge(own, fresh);
  } catch {
    // no connection: when the form is sent, the server says what is missing
  }
}

/** Whether an answer is no longer as the server wrote it: a quick hand or the browser's memory was faster than this. */
function touched(field) {
  if (field.matches('[type=radio], [type=checkbox]')) return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const written = [...field.options].find((option) => option.defaultSelected) || field.options[0];
  return field.value !== written?.value;
}

export function startConditions() {
  for (const form of document.querySelectorAll('form[data-fields-url]')) {
    if ([...form.querySelectorAll(asking)].some(touched)) refreshFields(form);
  }
  document.addEventListener('change', (event) => {
    const form = event.target.closest('form[data-fields-url]');
    if (form && event.target.matches(asking)) refreshFields(form);
  });
}
