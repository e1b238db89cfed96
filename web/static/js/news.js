// What has come since the list was shown: asked quietly, said politely. The rows stay where they are until the reader asks.
import { announce } from './live.js';

const EVERY = 30e3;
let known = '';

const place = () => document.querySelector('[data-news]');

async function ask() {
  const here = place();
  if (!here || document.hidden) return; // nobody looks at a hidden page
  try {
    const answer = await fetch(here.dataset.news, { cache: 'no-store', headers: known ? { 'If-None-Match': known } : {} });
    if (answer.status !== 200 || !answer.headers.get('Content-Type')?.includes('json')) return;
    known = answer.headers.get('ETag') || '';
    const { count, words } = await answer.json();
    here.hidden = !count;
    if (!count) return;
    here.querySelector('[data-news-words]').textContent = words;
    announce(words);
  } catch {
    // it asks again by itself
  }
}

export function startNews() {
  if (!place()) return;
  setInterval(ask, EVERY);
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) ask();
  });
  document.addEventListener('htmx:after:swap', () => {
    known = '';
  });
}
