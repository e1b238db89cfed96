// The form editor and the token simulation cannot be told words: theirs are replaced on the page as they write them.
import table from './zh-forms.json';

const chinese = document.documentElement.lang.startsWith('zh');
const NAMED = ['title', 'placeholder', 'aria-label', 'data-tooltip'];
// what people typed is theirs
const THEIRS = 'input, textarea, .cm-editor, .fjs-form-field-text';

function say(node) {
  const text = node.nodeValue.trim();
  const said = table[text];
  if (said && !node.parentElement?.closest(THEIRS)) node.nodeValue = node.nodeValue.replace(text, said);
}

function walk(node) {
  if (node.nodeType === Node.TEXT_NODE) say(node);
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  for (const name of NAMED) if (table[node.getAttribute(name)]) node.setAttribute(name, table[node.getAttribute(name)]);
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
