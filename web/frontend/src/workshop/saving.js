// Saves one file of a draft as it is edited. A save names the revision that it began at; what somebody else saved since
// is never overwritten: the save is refused, and the person chooses. What cannot be sent stays on this device.
import { words } from './words.js';

const DELAY = 1500;
const AGAIN = 8e3;

export const token = () => document.querySelector('meta[name=csrf-token]')?.content || '';

/** Send something to the server the way that its guards want it. */
export function send(url, options = {}) {
  return fetch(url, { credentials: 'same-origin', ...options, headers: { 'X-CSRFToken': token(), ...options.headers } });
}

const clock = () => new Date().toLocaleTimeString(document.documentElement.lang, { hour: '2-digit', minute: '2-digit' });

export class Saver {
  /**
   * @param root element with data-file-url, data-keep-url, data-revision, and in it [data-save-state], dialog[data-conflict]
   * @param read returns (a promise of) the text of the file as it is now
   * @param saved called after each save
   */
  constructor(root, read, saved) {
    Object.assign(this, { root, read, saved });
    this.url = root.dataset.fileUrl;
    this.revision = Number(root.dataset.revision);
    this.key = `draft:${this.url}`;
    this.line = root.querySelector('[data-save-state]');
    this.dialog = root.querySelector('dialog[data-conflict]');
    this.changed = false;
    this.refused = false;
    this.listen();
  }

  listen() {
    addEventListener('beforeunload', (event) => {
      if (this.changed || this.running) event.preventDefault();
    });
    document.addEventListener('visibilitychange', () => document.hidden && this.changed && this.save());
    addEventListener('keydown', (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 's') {
        event.preventDefault();
        this.save();
      }
    });
    this.dialog.querySelector('[data-take-theirs]').addEventListener('click', () => {
      this.changed = false;
      this.forget();
      location.reload();
    });
    this.dialog.querySelector('[data-keep-both]').addEventListener('click', () => this.keepBoth());
    this.dialog.querySelector('[data-later]').addEventListener('click', () => this.dialog.close());
    this.root.querySelector('[data-open-conflict]')?.addEventListener('click', () => this.dialog.showModal());
  }

  say(text, tone = '') {
    this.line.textContent = text;
    this.line.dataset.tone = tone;
  }

  /** What was kept on this device and never arrived; its revision counts, so that it overwrites nobody either. */
  recall() {
    try {
      const kept = JSON.parse(localStorage.getItem(this.key));
      if (!kept) return null;
      this.revision = kept.revision;
      return kept.text;
    } catch {
      return null;
    }
  }

  remember(text) {
    try {
      localStorage.setItem(this.key, JSON.stringify({ text, revision: this.revision }));
      return true;
    } catch {
      return false; // no room or not allowed
    }
  }

  forget() {
    try {
      localStorage.removeItem(this.key);
    } catch {
      // nothing was kept then
    }
  }

  /** Something was changed: save it soon. */
  touch() {
    this.changed = true;
    clearTimeout(this.timer);
    if (this.refused) return;
    this.say(words.unsaved);
    this.timer = setTimeout(() => this.save(), DELAY);
  }

  /** Save now, and answer whether everything is saved. */
  async save() {
    clearTimeout(this.timer);
    if (this.running) {
      await this.running;
      return this.changed ? this.save() : !this.refused;
    }
    if (this.refused) {
      this.dialog.showModal();
      return false;
    }
    if (!this.changed) return true;
    this.running = this.attempt();
    try {
      return await this.running;
    } finally {
      this.running = null;
    }
  }

  async attempt() {
    this.changed = false;
    let text;
    try {
      text = await this.read();
    } catch (error) {
      this.changed = true;
      this.say(words.unreadable(error.message), 'bad');
      return false;
    }
    this.say(words.saving);
    let answer;
    try {
      answer = await send(`${this.url}?revision=${this.revision}`, { method: 'POST', body: text, headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/json' } });
    } catch {
      return this.failed(text);
    }
    if (answer.status === 409) return this.conflict(await answer.json(), text);
    if (!answer.ok) return this.failed(text, answer.status < 500 ? (await answer.json().catch(() => ({}))).detail : '');
    this.revision = (await answer.json()).revision;
    this.forget();
    if (!this.changed) this.say(words.saved(clock()), 'good');
    this.saved?.(this.revision);
    return true;
  }

  failed(text, reason) {
    this.changed = true;
    const kept = this.remember(text);
    this.say(reason || (kept ? words.keptHere : words.notSaved), 'bad');
    this.timer = setTimeout(() => this.save(), AGAIN);
    return false;
  }

  conflict(told, text) {
    this.changed = true;
    this.refused = true;
    this.remember(text);
    this.say(words.conflict(told.who), 'bad');
    this.dialog.querySelector('[data-told]').textContent = told.detail;
    this.dialog.showModal();
    return false;
  }

  async keepBoth() {
    const answer = await send(this.root.dataset.keepUrl, { method: 'POST', body: await this.read(), headers: { 'Content-Type': 'application/octet-stream', Accept: 'application/json' } });
    if (!answer.ok) return;
    this.changed = false;
    this.forget();
    location.assign((await answer.json()).url);
  }
}
