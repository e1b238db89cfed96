// Nothing that was typed is lost. <form data-draft-url="…">: saved 1.5 s after typing and when the page is hidden;
// while the server cannot be reached the words stay on this device, and are sent or restored later.
import { refreshFields } from './conditions.js';
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

/** Keep the words on this device. `sent`: the server has answered that it has them too. */
function remember(key, text, sent = false) {
  try {
    localStorage.setItem(key, JSON.stringify({ text, sent, at: Date.now() }));
  } catch {
    // no room or not allowed: the server's draft is then the only one
  }
}

function forget(key) {
  try {
    localStorage.removeItem(key);
  } catch {
    // nothing was kept then
  }
}

/**
 * Return the words that are on this device and perhaps nowhere else.
 * What was sent while a page closed is kept for a minute: the next page may have been made before it arrived.
 */
function recall(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key));
    if (kept && !(kept.sent && Date.now() - kept.at > 60e3)) return kept.text;
  } catch {
    // unreadable is as good as absent
  }
  forget(key);
  return null;
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

/** `answered`: the page is the server's answer to this form, so what it shows is newer than what was kept. */
function watch(form, answered) {
  const url = form.dataset.draftUrl;
  const key = `draft:${url}`;
  const line = statusLine(form);
  let timer = 0;
  let lastSent = content(form);
  let onTheWay = null;
  let leaving = false;

  const say = (text, bad = false) => {
    line.textContent = text;
    line.classList.toggle('is-bad', bad);
  };

  async function save(keepalive = false) {
    clearTimeout(timer);
    timer = 0;
    const text = content(form);
    if (leaving || text === lastSent || text === onTheWay) return;
    onTheWay = text;
    remember(key, text);
    if (!keepalive) say(words.saving);
    try {
      const answer = await fetch(url, { method: 'POST', body: new URLSearchParams(text), keepalive, credentials: 'same-origin', headers: { 'X-CSRFToken': token(), Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      lastSent = text;
      if (keepalive) remember(key, text, true);
      else if (content(form) === text) forget(key);
      say(words.saved(clockTime()));
    } catch {
      say(words.savedHere(clockTime()), true);
    } finally {
      if (onTheWay === text) onTheWay = null;
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
  if (kept === lastSent) forget(key);
  else if (answered) {
    lastSent = null;
    later();
  } else if (kept) {
    restore(form, kept);
    if (form.dataset.fieldsUrl) refreshFields(form).then(() => restore(form, kept)); // what only these answers show
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
    remember(key, kept); // until they are typed on, sent or discarded
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
  for (const form of forms) watch(form, `draft:${form.dataset.draftUrl}` === sent);
}
