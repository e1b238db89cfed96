// Entry: every <div class="diagram" data-diagram-url data-tokens-url> of the page becomes a live diagram.
import 'bpmn-js/dist/assets/diagram-js.css';
import 'bpmn-js/dist/assets/bpmn-js.css';
import './viewer.css';
import { Diagram } from './diagram.js';

const diagrams = new Map();

function begin() {
  for (const frame of document.querySelectorAll('.diagram[data-diagram-url]:not([data-started])')) {
    frame.dataset.started = '';
    const diagram = new Diagram(frame);
    diagrams.set(frame, diagram);
    diagram.start();
  }
}

/** The step that the reader points at in the table is outlined in the drawing, and found by a click. */
function point(event, on) {
  const row = event.target.closest?.('tr[data-element]');
  if (!row) return;
  for (const { viewer } of diagrams.values()) {
    if (!viewer.get('elementRegistry').get(row.dataset.element)) continue;
    viewer.get('canvas')[on ? 'addMarker' : 'removeMarker'](row.dataset.element, 'token-pointed');
  }
}

document.addEventListener('pointerover', (event) => point(event, true));
document.addEventListener('pointerout', (event) => point(event, false));
document.addEventListener('click', (event) => {
  const row = event.target.closest?.('tr[data-element]');
  if (row && !event.target.closest('a, button')) for (const diagram of diagrams.values()) diagram.centre(row.dataset.element);
});
document.addEventListener('htmx:after:swap', begin);
begin();
