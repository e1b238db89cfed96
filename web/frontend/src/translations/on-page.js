// The form editor and the token simulation cannot be told words: theirs are replaced on the page as they write them.
import table from './zh-forms.json';

const chinese = document.documentElement.lang.startsWith('zh');
const NAMED = ['title', 'placeholder', 'aria-label', 'data-tooltip'];
// what people typed is theirs
const THEIRS = 'input, textarea, .cm-editor, .fjs-form-field-text';

// names of buttons that are put together from the name of a component
const CREATE = /^Create an? (.+) element$/;

const REMOVE = /^Remove (.+)$/;
const COUNT = /^List contains (\d+) items?$/;
const SCOPE = /^Focus process instance (.+)$/;
const DAY = /^([A-Z][a-z]+) (\d{1,2}), (\d{4})$/;

function word(text) {
  const known = table[text];
  if (known || !text) return known;
  const made = CREATE.exec(text);
  if (made) return `添加“${table[made[1]] || made[1]}”`;
  const removed = REMOVE.exec(text);
  if (removed) return `去掉“${table[removed[1]] || removed[1]}”`;
  const count = COUNT.exec(text);
  if (count) return `共 ${count[1]} 项`;
  const scope = SCOPE.exec(text);
  if (scope) return `看流程 ${scope[1]}`;
  const day = DAY.exec(text);
  return day && table[day[1]] ? `${day[3]}年${table[day[1]]}${day[2]}日` : undefined;
}

/** The page's word for the name that the library gives a new component, which becomes what people read. */
export const nameOfNew = (text) => (chinese && table[text]) || text;

function say(node) {
  const text = node.nodeValue.trim();
  const said = word(text);
  if (said && !node.parentElement?.closest(THEIRS)) node.nodeValue = node.nodeValue.replace(text, said);
}

function rename(node) {
  for (const name of NAMED) {
    const said = word(node.getAttribute(name));
    if (said) node.setAttribute(name, said);
  }
}

/** Translate what a library calls its buttons, and nothing that stands in a table, which is what people wrote. */
export function translateNames(box) {
  if (!chinese) return;
  const all = () => box.querySelectorAll('[title], [aria-label]').forEach(rename);
  all();
  new MutationObserver(all).observe(box, { subtree: true, childList: true });
}

function walk(node) {
  if (node.nodeType === Node.TEXT_NODE) say(node);
  if (node.nodeType !== Node.ELEMENT_NODE) return;
  rename(node);
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
