// The words of the editors' libraries in the page's language. What no package translates is in tables of our own.
import elements from 'bpmn-js-i18n-zh/lib/bpmn-js/index.js';
import platform from 'bpmn-js-i18n-zh/lib/camunda-properties-panel/index.js';
import panel from 'bpmn-js-i18n-zh/lib/properties-panel/index.js';
import zeebe from 'bpmn-js-i18n-zh/lib/zeebe-properties-panel/index.js';
import common from 'bpmn-js-i18n/translations/zn.js';
import decisions from './zh-decisions.json';
import modeller from './zh-modeller.json';
import { types } from './types.js';

const chinese = document.documentElement.lang.startsWith('zh');
const known = { ...common, ...platform, ...elements, ...panel, ...zeebe, ...types, ...decisions, ...modeller };
const told = new Set();

/** Translate a text of a library; one that has no translation is told once, so that tests notice. */
export function translate(template, replacements = {}) {
  let text = template;
  if (chinese) {
    text = known[template];
    if (text === undefined) {
      text = template;
      if (template && !told.has(template)) {
        told.add(template);
        // names of our settings are the same in every language
        if (/[a-z]{2}/i.test(template) && !/[\u4e00-\u9fff]/.test(template) && !template.startsWith('chuishao:')) console.warn(`untranslated: ${template}`);
      }
    }
  }
  return String(text).replace(/{([^}]+)}/g, (_, key) => replacements[key] ?? `{${key}}`);
}

export default { translate: ['value', translate] };
