// Entry: the page on which a diagram of a draft is edited.
import BpmnModeler from 'bpmn-js/lib/Modeler';
import { BpmnPropertiesPanelModule, BpmnPropertiesProviderModule, ZeebePropertiesProviderModule, ZeebeTooltipProvider } from 'bpmn-js-properties-panel';
import { CloudElementTemplatesPropertiesProviderModule } from 'bpmn-js-element-templates';
import templateChooser from '@bpmn-io/element-template-chooser';
import colours from 'bpmn-js-color-picker';
import { CreateAppendAnythingModule, CreateAppendElementTemplatesModule } from 'bpmn-js-create-append-anything';
import tokenSimulation from 'bpmn-js-token-simulation';
import behaviours from 'camunda-bpmn-js-behaviors/lib/camunda-cloud';
import grid from 'diagram-js-grid';
import minimap from 'diagram-js-minimap';
import zeebe from 'zeebe-bpmn-moddle/resources/zeebe.json';
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import 'bpmn-js/dist/assets/bpmn-font/css/bpmn.css';
import '@bpmn-io/properties-panel/dist/assets/properties-panel.css';
import '@bpmn-io/element-template-chooser/dist/element-template-chooser.css';
import 'bpmn-js-color-picker/colors/color-picker.css';
import 'bpmn-js-element-templates/dist/assets/element-templates.css';
import 'bpmn-js-token-simulation/assets/css/bpmn-js-token-simulation.css';
import 'diagram-js-minimap/assets/diagram-js-minimap.css';
import './workshop.css';
import translation from './translations/translate.js';
import { translatePage } from './translations/on-page.js';
import { lintInPlace } from './workshop/linting.js';
import { markFindings } from './workshop/marks.js';
import { begin } from './workshop/page.js';
import { nameSections } from './workshop/panel.js';
import { send } from './workshop/saving.js';
import { words } from './workshop/words.js';

// Pixels that the palette takes at the left, and that stay free around a drawing.
const PALETTE = 130;
const MARGIN = 40;

const root = document.querySelector('[data-workshop]');
const modeler = new BpmnModeler({
  container: root.querySelector('[data-canvas]'),
  propertiesPanel: { parent: root.querySelector('[data-panel]'), tooltip: ZeebeTooltipProvider, feelPopupContainer: root.querySelector('[data-canvas]') },
  moddleExtensions: { zeebe },
  additionalModules: [
    BpmnPropertiesPanelModule,
    BpmnPropertiesProviderModule,
    ZeebePropertiesProviderModule,
    CloudElementTemplatesPropertiesProviderModule,
    behaviours,
    templateChooser,
    tokenSimulation,
    minimap,
    grid,
    colours,
    CreateAppendAnythingModule,
    CreateAppendElementTemplatesModule,
    translation,
  ],
});

/** Bring an element into view and select it, as its finding asks. */
function choose(id) {
  const found = modeler.get('elementRegistry').get(id);
  if (!found) return;
  modeler.get('canvas').scrollToElement(found);
  modeler.get('selection').select(found);
}

/** Show the whole drawing beside the palette, never larger than drawn. */
function fit() {
  const canvas = modeler.get('canvas');
  const { inner, outer } = canvas.viewbox();
  const wide = outer.width - PALETTE - MARGIN;
  const scale = Math.min(1, wide / inner.width, (outer.height - 2 * MARGIN) / inner.height);
  canvas.viewbox({
    x: inner.x - (PALETTE + (wide - inner.width * scale) / 2) / scale,
    y: inner.y + inner.height / 2 - outer.height / 2 / scale,
    width: outer.width / scale,
    height: outer.height / scale,
  });
}

async function start() {
  translatePage(root.querySelector('[data-canvas]'));
  nameSections(root.querySelector('[data-panel]'));
  const picture = root.querySelector('[data-canvas] svg');
  picture.setAttribute('role', 'application');
  picture.setAttribute('aria-label', words.canvas);
  send(root.dataset.templatesUrl)
    .then((answer) => answer.json())
    .then((templates) => modeler.get('elementTemplatesLoader').setTemplates(templates));
  const saver = await begin(root, {
    open: async (xml) => {
      await modeler.importXML(xml);
      fit();
    },
    read: async () => (await modeler.saveXML({ format: true })).xml,
    choose,
    mark: lintInPlace(modeler, (findings) => markFindings(modeler, findings)),
  });
  modeler.on('commandStack.changed', () => saver.touch());
  const wanted = new URLSearchParams(location.search).get('element');
  // the panel follows the selection from its second frame on
  if (wanted) requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => choose(wanted), 50)));
}

const tools = {
  undo: () => modeler.get('commandStack').undo(),
  redo: () => modeler.get('commandStack').redo(),
  fit,
  find: () => modeler.get('searchPad').toggle(),
};
for (const button of root.querySelectorAll('[data-tool]')) button.addEventListener('click', () => tools[button.dataset.tool]());

// Other scripts, and people at the console, reach the editor here.
window.chuishaoModeler = modeler;
start();
