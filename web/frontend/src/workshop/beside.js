// What stands beside an editor and comes from the server: who else is here, and what the checks found.
import { send } from './saving.js';

const HERE = 20e3;

/** Keep telling that this file is open here, and show who else has the draft open. */
export function showPeople(root) {
  const box = root.querySelector('[data-people]');
  const url = root.dataset.hereUrl;
  async function tell() {
    if (document.hidden) return;
    try {
      const answer = await send(url, { method: 'POST' });
      if (!answer.ok) return;
      const text = await answer.text();
      if (text !== box.dataset.shown) {
        box.innerHTML = text;
        box.dataset.shown = text;
      }
    } catch {
      // it is told again soon
    }
  }
  setInterval(tell, HERE);
  document.addEventListener('visibilitychange', tell);
  addEventListener('pagehide', () => send(root.dataset.leaveUrl, { method: 'POST', keepalive: true }));
  return tell();
}

/**
 * Show what the checks say of the draft as it was saved; the server's word counts.
 * @param choose called with the id of an element when its finding is chosen
 * @param mark called with [{element, severity, text}] of this file after every check
 */
export function showFindings(root, { choose, mark }) {
  const box = root.querySelector('[data-findings]');
  box.addEventListener('click', (event) => {
    const button = event.target.closest('button[data-element]');
    if (button) choose(button.dataset.element);
  });
  let running = null;
  let again = false;
  async function check() {
    if (running) {
      again = true;
      return running;
    }
    running = (async () => {
      const answer = await send(root.dataset.findingsUrl);
      if (!answer.ok) return;
      box.innerHTML = await answer.text();
      mark?.([...box.querySelectorAll('button[data-element]')].map((each) => ({ element: each.dataset.element, severity: each.dataset.severity, text: each.textContent.trim().replace(/\s+/g, ' ') })));
    })().catch(() => {});
    await running;
    running = null;
    if (again) {
      again = false;
      return check();
    }
    return undefined;
  }
  return check;
}
