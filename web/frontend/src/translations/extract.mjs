// Finds in the libraries' sources what they show to people, so that a text without a translation is noticed at once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const QUOTED = /translate\(\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"|`([^`$]*)`)/g;
const CHOSEN = /translate\([^()'"`]*\?\s*'([^']*)'\s*:\s*'([^']*)'/g;
// menus of the modeller are tables whose words are translated where they are shown
const TABLES = /(bpmn-js\/lib\/(features\/replace|util)|create-append-anything\/.*util|create-append-anything\/lib)\//;
const NAMED = /\b(?:label|title|name|description):\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/g;

const plain = (text) => text.replace(/\\n/g, '\n').replace(/\\(['"\\])/g, '$1');

/** Return the texts of the libraries in the files of a bundle, sorted. */
export function textsOf(folder, files) {
  const found = new Set();
  for (const file of files) {
    if (!/node_modules.*\.(js|mjs)$/.test(file)) continue;
    const source = readFileSync(join(folder, file), 'utf8');
    for (const [, ...texts] of source.matchAll(QUOTED)) found.add(plain(texts.find((text) => text !== undefined)));
    for (const [, one, other] of source.matchAll(CHOSEN)) [one, other].forEach((text) => found.add(plain(text)));
    if (TABLES.test(file)) for (const [, ...texts] of source.matchAll(NAMED)) found.add(plain(texts.find((text) => text !== undefined)));
  }
  return [...found].filter((text) => /[A-Za-z]{2}/.test(text)).sort();
}
