// Entry: the page on which a form is edited; the preview is the server's, as staff will see it.
import { FormEditor } from '@bpmn-io/form-js-editor';
import '@bpmn-io/form-js-viewer/dist/assets/form-js.css';
import '@bpmn-io/form-js-editor/dist/assets/form-js-editor.css';
import '@bpmn-io/form-js-editor/dist/assets/properties-panel.css';
import './workshop.css';
import translation from './translations/translate.js';
import { nameOfNew, translatePage } from './translations/on-page.js';
import { listFields } from './workshop/fields.js';
import { begin } from './workshop/page.js';
import { keepFocus, nameSections } from './workshop/panel.js';
import { send } from './workshop/saving.js';

const root = document.querySelector('[data-workshop]');
const canvas = root.querySelector('[data-canvas]');
const editor = new FormEditor({ container: canvas, additionalModules: [translation] });

/** Show the form as the server renders it, and judge what is filled in as the server does. */
function preview(saver) {
  const button = root.querySelector('[data-preview]');
  const box = root.querySelector('[data-previewed]');
  async function show(body) {
    if (!(await saver.save())) return;
    const answer = await send(root.dataset.previewUrl, { method: 'POST', body });
    box.innerHTML = await answer.text();
    box.focus();
  }
  button.addEventListener('click', () => show(new URLSearchParams()));
  box.addEventListener('submit', (event) => {
    event.preventDefault();
    show(new URLSearchParams([...new FormData(event.target)].filter(([, value]) => typeof value === 'string')));
  });
}

async function start() {
  translatePage(canvas);
  let settled = false;
  const saver = await begin(root, {
    open: async (text) => {
      await editor.importSchema(JSON.parse(text));
      settled = true;
    },
    read: () => `${JSON.stringify(editor.saveSchema(), null, 2)}\n`,
    choose: (id) => {
      const field = editor.get('formFieldRegistry').get(id);
      if (field) editor.get('selection').set(field);
    },
  });
  editor.on('commandStack.changed', () => settled && saver.touch());
  editor.on('commandStack.formField.add.preExecute', ({ context }) => {
    if (context.formField.label) context.formField.label = nameOfNew(context.formField.label);
  });
  nameSections(canvas);
  const fields = root.querySelector('[data-fields]');
  keepFocus(canvas, { panel: '.bio-properties-panel', thief: '.fjs-element', after: () => fields.querySelector('button') });
  listFields(editor, fields, () => canvas.querySelector('.bio-properties-panel'));
  preview(saver);
}

window.chuishaoForms = editor;
start();
