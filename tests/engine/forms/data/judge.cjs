// Lets form-js itself judge submissions of visit.form, and prints its verdicts as the test beside this file reads them.
// Once, by hand: npm install @bpmn-io/form-js-viewer@1.23.0 jsdom@24, then
//   node judge.cjs visit.form submissions.json > verdicts.json
const { readFileSync } = require('fs');
const { JSDOM } = require('jsdom');

const dom = new JSDOM('<!doctype html><body></body>', { pretendToBeVisual: true });
for (const name of ['window', 'document', 'HTMLElement', 'Node', 'Element', 'DOMParser', 'Event', 'KeyboardEvent', 'MouseEvent', 'MutationObserver',
  'getComputedStyle', 'requestAnimationFrame', 'cancelAnimationFrame', 'NodeFilter', 'SVGElement', 'CustomEvent', 'navigator']) {
  globalThis[name] = dom.window[name];
}
const { createForm } = require('@bpmn-io/form-js-viewer');
const settled = () => new Promise((resolve) => setTimeout(resolve, 60));

async function verdict(schema, submitted) {
  const container = document.body.appendChild(document.createElement('div'));
  const form = await createForm({ container, schema, data: {} });
  await settled();
  form._setState({ data: structuredClone(submitted) });
  await settled();
  const { data, errors } = form.submit();
  const refused = [];
  for (const instance of form.get('formFieldInstanceRegistry').getAllKeyed()) {
    let found = errors[instance.id];
    for (const index of Object.values(instance.indexes || {})) found = (found || {})[index];
    if (Array.isArray(found) && found.length) refused.push(instance.valuePath.join('.'));
  }
  form.destroy();
  container.remove();
  return { submitted, refused: refused.sort(), data };
}

(async () => {
  const [schema, submissions] = process.argv.slice(2, 4).map((name) => JSON.parse(readFileSync(name)));
  const verdicts = [];
  for (const submitted of submissions) verdicts.push(await verdict(schema, submitted));
  process.stdout.write('[\n' + verdicts.map((item) => JSON.stringify(item)).join(',\n') + '\n]\n');
  process.exit(0);
})();
