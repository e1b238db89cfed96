// How an editor begins: its file is read, opened, watched and checked.
import { showFindings, showPeople } from './beside.js';
import { Saver, send } from './saving.js';
import { words } from './words.js';

/**
 * Begin the editor of this page.
 * @param open called with the text of the file; opens it
 * @param read returns the text as it is now
 * @param choose, mark see `showFindings`
 * @returns {Promise<Saver>} after the file was opened
 */
export async function begin(root, { open, read, choose = () => {}, mark }) {
  const check = showFindings(root, { choose, mark });
  const saver = new Saver(root, read, check);
  showPeople(root);
  saver.say(words.opening);
  const kept = saver.recall();
  try {
    let text = kept;
    if (text === null) {
      const answer = await send(saver.url);
      if (!answer.ok) throw new Error(String(answer.status));
      saver.revision = Number(answer.headers.get('X-Revision'));
      text = await answer.text();
    }
    await open(text);
  } catch (error) {
    saver.say(words.cannotOpen(error.message), 'bad');
    throw error;
  }
  saver.say(kept === null ? '' : words.restored);
  if (kept !== null) saver.touch();
  root.dataset.ready = '';
  check();
  root.querySelector('[data-save]')?.addEventListener('click', () => saver.save());
  // what leaves this page by a button takes the last change with it
  for (const link of root.querySelectorAll('[data-after-save]')) {
    link.addEventListener('click', async (event) => {
      if (!saver.changed && !saver.running) return;
      event.preventDefault();
      if (await saver.save()) location.assign(link.href);
    });
  }
  return saver;
}
