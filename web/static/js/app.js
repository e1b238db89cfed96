// What every page does besides being read. Each part is a small module; a page works without all of them.
import { startConditions } from './conditions.js';
import { startDrafts } from './drafts.js';
import { startFiles } from './files.js';
import { startForms } from './forms.js';
import { icon } from './icons.js';
import { startKeys } from './keys.js';
import { announce } from './live.js';
import { startNews } from './news.js';
import { startRows } from './rows.js';
import { startTimes } from './times.js';
import { words } from './words.js';

function startTheme() {
  const system = matchMedia('(prefers-color-scheme: dark)');
  for (const button of document.querySelectorAll('[data-theme-toggle]')) {
    button.hidden = false;
    button.addEventListener('click', () => {
      const theme = document.documentElement.getAttribute('data-bs-theme') === 'dark' ? 'light' : 'dark';
      const own = theme !== (system.matches ? 'dark' : 'light'); // back to the system's: nothing to remember
      document.documentElement.setAttribute('data-bs-theme', theme);
      // The cookie lets the server send the right theme with the page, so that nothing flashes.
      document.cookie = `theme=${theme}; path=/; max-age=${own ? 31536000 : 0}; samesite=lax`;
      try {
        if (own) localStorage.setItem('theme', theme);
        else localStorage.removeItem('theme');
      } catch {
        // the cookie remembers
      }
    });
  }
}

/** Say in the page's place for messages that something did not work. */
function complain(text) {
  const message = document.createElement('div');
  message.className = 'notice notice-danger';
  message.setAttribute('role', 'alert');
  const line = document.createElement('div');
  line.textContent = text;
  message.append(icon('exclamation-octagon-fill'), line);
  document.getElementById('flashes')?.replaceChildren(message);
  message.scrollIntoView({ block: 'nearest' });
}

function startHtmx() {
  document.addEventListener('htmx:config:request', (event) => {
    const { request, sourceEvent } = event.detail.ctx;
    request.headers['X-CSRFToken'] = document.querySelector('meta[name=csrf-token]')?.content || '';
    // Nobody looks at a hidden page: its polls wait.
    if (sourceEvent?.type === 'every' && document.hidden) event.preventDefault();
  });
  // What is swapped out is gone afterwards, so what to say is read before.
  document.addEventListener('htmx:before:swap', ({ detail: { ctx } }) => {
    const place = ctx.sourceElement?.closest('[data-announce]');
    if (place) ctx.announcement = place.dataset.announce || words.updated;
  });
  document.addEventListener('htmx:after:swap', ({ detail: { ctx } }) => {
    if (ctx.announcement) announce(ctx.announcement);
  });
  document.addEventListener('htmx:error', ({ detail: { ctx } }) => {
    // A poll asks again by itself; what a person started and lost is said where they look.
    if (ctx?.request && ctx.sourceEvent?.type !== 'every') complain(words.failed);
  });
}

function startDialogs() {
  document.addEventListener('click', (event) => {
    const opener = event.target.closest('[data-open-dialog]');
    if (opener) document.getElementById(opener.dataset.openDialog)?.showModal();
    event.target.closest('[data-close-details]')?.closest('details')?.removeAttribute('open');
    for (const open of document.querySelectorAll('details.confirm[open]')) {
      if (!open.contains(event.target)) open.removeAttribute('open');
    }
  });
  // A question that would leave the window opens to the other side.
  document.addEventListener(
    'toggle',
    ({ target }) => {
      if (!target.matches?.('details.confirm[open]')) return;
      target.classList.remove('confirm-end');
      const { right } = target.querySelector('.confirm-panel').getBoundingClientRect();
      target.classList.toggle('confirm-end', right > document.documentElement.clientWidth);
    },
    true,
  );
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return;
    const open = document.querySelector('details.confirm[open]');
    open?.removeAttribute('open');
    open?.querySelector('summary').focus();
  });
}

function startPrint() {
  document.addEventListener('click', (event) => {
    if (event.target.closest('[data-print]')) print();
  });
}

startTheme();
startHtmx();
startDialogs();
startPrint();
startRows();
startFiles();
startForms();
startConditions();
startKeys();
startNews();
startTimes();
startDrafts();
