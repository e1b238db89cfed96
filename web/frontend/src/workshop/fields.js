// The fields of a form as a list: chosen, moved and taken out by keyboard. The form above follows.
import { element } from '../dom.js';
import { words } from './words.js';

/** Every field with the ones around it, in the order of the form. */
function* fieldsOf(registry, parent, depth = 1) {
  for (const [index, each] of (parent.components || []).entries()) {
    const field = registry.get(each.id);
    if (!field) continue;
    yield { field, parent, index, depth, last: index === parent.components.length - 1 };
    yield* fieldsOf(registry, field, depth + 1);
  }
}

/**
 * Show the fields in `box`, and keep showing them as they are.
 * @param editor the form editor, with a form open
 * @param panel where the properties of the chosen field stand
 */
export function listFields(editor, box, panel) {
  const [registry, modeling, selection] = ['formFieldRegistry', 'modeling', 'selection'].map((each) => editor.get(each));

  function choose(field) {
    selection.set(field);
    requestAnimationFrame(() => panel()?.querySelector('button')?.focus());
  }

  function line({ field, parent, index, depth, last }) {
    const name = field.label || field.text || field.key || words.noName;
    const button = (act, text, run, off = false) => {
      const made = element('button', { type: 'button', class: act === 'choose' ? 'btn btn-link' : 'btn btn-outline-secondary', 'data-act': `${act} ${field.id}` }, text);
      if (act !== 'choose') made.setAttribute('aria-label', `${text}${words.quoted(name)}`);
      made.disabled = off;
      made.addEventListener('click', run);
      return made;
    };
    const item = element('li', { class: `outline-level-${Math.min(depth, 6)}` });
    item.append(
      element('div', { class: 'page-actions' },
        button('choose', words.field(name, field.key), () => choose(field)),
        button('up', words.up, () => modeling.moveFormField(field, parent, parent, index, index - 1, null, null), index === 0),
        button('down', words.down, () => modeling.moveFormField(field, parent, parent, index, index + 2, null, null), last),
        button('remove', words.takeOut, () => modeling.removeFormField(field, parent, index)),
      ),
    );
    return item;
  }

  function show() {
    const had = box.contains(document.activeElement) ? document.activeElement.dataset.act : '';
    const [root] = registry.getAll().filter((each) => each.type === 'default');
    box.replaceChildren(...[...fieldsOf(registry, root)].map(line));
    if (!had) return;
    const again = [...box.querySelectorAll('button')].find((each) => each.dataset.act === had && !each.disabled);
    const beside = [...box.querySelectorAll('button')].find((each) => each.dataset.act.endsWith(` ${had.split(' ')[1]}`));
    (again || beside || box.querySelector('button') || box).focus();
  }

  editor.on('changed', show);
  show();
}
