// Nothing that was typed is lost. <form data-draft-url="…">: saved 1.5 s after typing and when the page is hidden;
// while the server cannot be reached the words stay on this device, and are sent or restored later.
import { announce, clockTime } from './live.js';
import { words } from './words.js';

const DELAY = 1500;
const submittedKey = 'draft-submitted';
const token = () => document.querySelector('meta[name=csrf-token]')?.content || '';

/** What a draft holds: the fields' names and values, without files and without the form's token. */
function content(form) {
  const pairs = [...new FormData(form)].filter(([name, value]) => typeof value === 'string' && name !== 'csrf_token');
  return new URLSearchParams(pairs).toString();
}

function remember(key, text) {
  try {
    localStorage.setItem(key, text);
  } catch {
    // no room or not allowed: the server's draft is then the only one
  }
}

const forget = (key) => {
  try {
    localStorage.removeItem(key);
  } catch {
    // nothing was kept then
  }
};

function recall(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

/** Put kept values back. Rows that the form does not have are added through its own button first. */
function restore(form, text) {
  const kept = new Map();
  for (const [name, value] of new URLSearchParams(text)) kept.set(name, [...(kept.get(name) || []), value]);
  for (const list of form.querySelectorAll('[data-rows]')) {
    const present = list.querySelectorAll(':scope > .row-items > .row-item').length;
    const prefix = `${list.dataset.rows}.`;
    const wanted = Math.max(-1, ...[...kept.keys()].filter((name) => name.startsWith(prefix)).map((name) => parseInt(name.slice(prefix.length), 10))) + 1;
    for (let row = present; row < wanted; row += 1) list.querySelector(':scope > [data-add-row]')?.click();
  }
  for (const field of form.elements) {
    if (!field.name || field.type === 'file' || field.type === 'hidden' || field.tagName === 'BUTTON') continue;
    const values = kept.get(field.name) || [];
    if (field.type === 'checkbox' || field.type === 'radio') field.checked = values.includes(field.value);
    else if (field.tagName === 'SELECT' && field.multiple) for (const option of field.options) option.selected = values.includes(option.value);
    else if (values.length) field.value = values[0];
  }
}

function statusLine(form) {
  let line = form.querySelector('[data-draft-status]');
  if (!line) {
    line = document.createElement('p');
    line.className = 'draft-line';
    line.dataset.draftStatus = '';
    form.append(line);
  }
  line.setAttribute('role', 'status');
  return line;
}

function watch(form) {
  const url = form.dataset.draftUrl;
  const key = `draft:${url}`;
  const line = statusLine(form);
  let timer = 0;
  let lastSent = content(form);
  let leaving = false;

  const say = (text, bad = false) => {
    line.textContent = text;
    line.classList.toggle('is-bad', bad);
  };

  async function save(keepalive = false) {
    clearTimeout(timer);
    timer = 0;
    const text = content(form);
    if (leaving || text === lastSent) return;
    remember(key, text);
    if (!keepalive) say(words.saving);
    try {
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(text), keepalive, credentials: 'same-origin', headers: { 'X-CSRFToken': token(), Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      lastSent = text;
      if (content(form) === text) forget(key);
      say(words.saved(clockTime()));
    } catch {
      say(words.savedHere(clockTime()), true);
    }
  }

  const later = () => {
    remember(key, content(form));
    clearTimeout(timer);
    timer = setTimeout(save, DELAY);
  };

  form.addEventListener('input', later);
  form.addEventListener('change', later);
  document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && save(true));
  addEventListener('pagehide', () => save(true));
  addEventListener('online', () => save());
  form.addEventListener('submit', (event) => {
    if (event.defaultPrevented) return;
    leaving = true;
    sessionStorage.setItem(submittedKey, key);
  });
  addEventListener('pageshow', () => {
    leaving = false;
  });

  const kept = recall(key);
  if (kept && kept !== lastSent && !document.querySelector('.error-summary')) {
    restore(form, kept);
    say(words.restored);
    announce(words.restored);
    const discard = document.createElement('button');
    discard.type = 'button';
    discard.className = 'btn btn-link';
    discard.textContent = words.discard;
    discard.addEventListener('click', () => {
      clearTimeout(timer);
      forget(key);
      restore(form, lastSent);
      say('');
    });
    line.append(' ', discard);
    timer = setTimeout(save, DELAY);
  }
}

export function startDrafts() {
  // A form that was sent and is not shown again was accepted: what was kept of it on this device goes.
  const sent = sessionStorage.getItem(submittedKey);
  const forms = [...document.querySelectorAll('form[data-draft-url]')];
  if (sent) {
    sessionStorage.removeItem(submittedKey);
    if (!forms.some((form) => `draft:${form.dataset.draftUrl}` === sent)) forget(sent);
  }
  forms.forEach(watch);
}
