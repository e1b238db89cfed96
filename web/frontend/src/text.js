// Entry: the page on which a text of a draft is edited: notices, documents, texts.json, notes.
import { begin } from './workshop/page.js';

const root = document.querySelector('[data-workshop]');
const field = root.querySelector('textarea');

async function start() {
  const saver = await begin(root, {
    open: async (text) => {
      field.value = text;
      field.disabled = false;
    },
    read: () => field.value,
  });
  field.addEventListener('input', () => saver.touch());
}

start();
