// Entry: the page on which the decisions of a DMN file are edited and tried.
import DmnModeler from 'dmn-js/lib/Modeler';
import 'dmn-js/dist/assets/diagram-js.css';
import 'dmn-js/dist/assets/dmn-js-shared.css';
import 'dmn-js/dist/assets/dmn-js-drd.css';
import 'dmn-js/dist/assets/dmn-js-decision-table.css';
import 'dmn-js/dist/assets/dmn-js-decision-table-controls.css';
import 'dmn-js/dist/assets/dmn-js-literal-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression.css';
import 'dmn-js/dist/assets/dmn-js-boxed-expression-controls.css';
import 'dmn-js/dist/assets/dmn-font/css/dmn.css';
import './workshop.css';
import { translateNames } from './translations/on-page.js';
import translation from './translations/translate.js';
import { begin } from './workshop/page.js';
import { send } from './workshop/saving.js';

const root = document.querySelector('[data-workshop]');
const additionalModules = [translation];
const modeler = new DmnModeler({
  container: root.querySelector('[data-canvas]'),
  common: { additionalModules },
  drd: { additionalModules },
  decisionTable: { additionalModules },
  literalExpression: { additionalModules },
  boxedExpression: { additionalModules },
});

async function start() {
  translateNames(root.querySelector('[data-canvas]'));
  let saver = null;
  const watched = new Set();
  const watch = () => {
    const viewer = modeler.getActiveViewer();
    if (!viewer || watched.has(viewer)) return;
    watched.add(viewer);
    viewer.on('commandStack.changed', () => saver?.touch());
  };
  modeler.on('views.changed', watch);
  saver = await begin(root, {
    open: async (xml) => {
      await modeler.importXML(xml);
      // the first decision's table says more than the drawing of what it needs
      const table = modeler.getViews().find((view) => view.type === 'decisionTable');
      if (table) await modeler.open(table);
      watch();
    },
    read: async () => (await modeler.saveXML({ format: true })).xml,
    choose: (id) => {
      const view = modeler.getViews().find((each) => each.element?.id === id || each.element?.decisionLogic?.id === id);
      if (view) modeler.open(view);
    },
  });
  tries(saver);
}

/** Let the server decide a row of data by the decision as it is saved, and show which rule hit and why. */
function tries(saver) {
  const form = root.querySelector('form[data-try]');
  const result = root.querySelector('[data-tried]');
  form?.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (!(await saver.save())) return;
    const answer = await send(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) });
    result.innerHTML = await answer.text();
    result.focus();
  });
}

window.chuishaoDecisions = modeler;
start();
