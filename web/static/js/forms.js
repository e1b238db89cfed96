// Small things that every form has: one submission per click, counts of letters, a filter over many choices.
import { words } from './words.js';

function release(form) {
  delete form.dataset.sending;
  for (const button of form.querySelectorAll('[aria-busy=true]')) button.removeAttribute('aria-busy');
}

function guard(event) {
  const form = event.target;
  if (event.defaultPrevented || form.method === 'dialog') return;
  if ('sending' in form.dataset) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sending = '';
  event.submitter?.setAttribute('aria-busy', 'true');
  // A download or a lost connection leaves the page where it is: after a while the form may be sent again.
  setTimeout(() => release(form), 15e3);
}

function countLetters(area) {
  let line = area.nextElementSibling;
  if (!line?.classList.contains('form-count')) {
    line = document.createElement('div');
    line.className = 'form-count';
    line.setAttribute('aria-hidden', 'true');
    area.after(line);
  }
  line.textContent = words.letters([...area.value].length, area.maxLength);
}

function filterChoices(box) {
  const wanted = box.value.trim().toLowerCase();
  for (const choice of box.parentElement.querySelectorAll('.choice')) {
    choice.hidden = wanted !== '' && !choice.textContent.toLowerCase().includes(wanted) && !choice.querySelector('input').checked;
  }
}

function begin() {
  document.querySelectorAll('textarea[data-count]').forEach(countLetters);
  for (const box of document.querySelectorAll('[data-filter-choices][hidden]')) box.hidden = false;
}

export function startForms() {
  document.addEventListener('submit', guard);
  addEventListener('pageshow', () => document.querySelectorAll('form[data-sending]').forEach(release));
  document.addEventListener('htmx:finally:request', (event) => {
    const form = event.target.closest?.('form');
    if (form) release(form);
  });
  document.addEventListener('input', (event) => {
    if (event.target.matches('textarea[data-count]')) countLetters(event.target);
    if (event.target.matches('[data-filter-choices]')) filterChoices(event.target);
  });
  document.addEventListener('htmx:after:swap', begin);
  begin();
  document.querySelector('[data-focus]')?.focus();
}
