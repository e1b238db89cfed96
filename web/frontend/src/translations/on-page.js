// The form editor and the token simulation cannot be told words: theirs are replaced on the page as they write them.
import table from './zh-forms.json';

const chinese = document.documentElement.lang.startsWith('zh');
const NAMED = ['title', 'placeholder', 'aria-label', 'data-tooltip'];
// what people typed is theirs
const THEIRS = 'input, textarea, .cm-editor, .fjs-form-field-text';

// names of buttons that are put together from the name of a component
const CREATE = /^Create an? (.+) element$/;

function word(text) {
  const made = CREATE.exec(text || '');
  return made ? `添加“${table[made[1]] || made[1]}”` : table[text];
}

function say(node) {
  const text = node.nodeValue.trim();
  const said = word(text);
  if (said && !node.parentElement?.closest(THEIRS)) node.nodeValue = node.nodeValue.replace(text, said);
}

function walk(node) {
  if (node.nodeType === Node.TEXT_NODE) say(node);
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  for (const name of NAMED) {
    const said = word(node.getAttribute(name));
    if (said) node.setAttribute(name, said);
  }
  for (const child of node.childNodes) walk(child);
}

export function translatePage(box) {
  if (!chinese) return;
  walk(box);
  new MutationObserver((records) => {
    for (const record of records) {
      if (record.type === 'characterData') say(record.target);
      else if (record.type === 'attributes') walk(record.target);
      else record.addedNodes.forEach(walk);
    }
  }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: NAMED });
}
