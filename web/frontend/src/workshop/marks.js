// Marks on the drawing what the checks found: an outline by the gravest, and a sign with the words.
import { element, shape } from '../dom.js';
import { words } from './words.js';

const ORDER = ['note', 'warning', 'error'];

export function markFindings(modeler, findings) {
  const [canvas, overlays, registry] = [modeler.get('canvas'), modeler.get('overlays'), modeler.get('elementRegistry')];
  for (const each of registry.getAll()) for (const severity of ORDER) if (canvas.hasMarker(each, `finding-${severity}`)) canvas.removeMarker(each, `finding-${severity}`);
  overlays.remove({ type: 'findings' });
  const byElement = new Map();
  for (const found of findings) {
    if (!registry.get(found.element)) continue;
    byElement.set(found.element, [...(byElement.get(found.element) || []), found]);
  }
  for (const [id, found] of byElement) {
    const severity = ORDER[Math.max(...found.map((each) => ORDER.indexOf(each.severity)))];
    const drawn = registry.get(id);
    canvas.addMarker(id, `finding-${severity}`);
    if (drawn.waypoints || drawn === canvas.getRootElement()) continue;
    const sign = element('div', { class: `finding-sign finding-sign-${severity}`, title: found.map((each) => each.text).join('\n') }, shape('alarm'), String(found.length));
    sign.setAttribute('aria-label', `${words.finding[severity]}: ${found.length}`);
    overlays.add(id, 'findings', { position: { top: -14, left: -10 }, html: sign });
  }
}
