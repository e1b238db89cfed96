// Draws where the tokens are: badges with counts, the done path tinted, open steps outlined, failures in red.
import { element, shape } from './dom.js';
import { words } from './words.js';

const MARKERS = ['token-done', 'token-open', 'token-waiting', 'token-failed', 'change-added', 'change-removed', 'change-changed', 'change-moved'];
const RANK = { open: 0, waiting: 1, failed: 2 };

/** Group the tokens by element: how many, the gravest state, a label. */
function byElement(tokens) {
  const grouped = new Map();
  for (const token of tokens) {
    const known = grouped.get(token.element) || { count: 0, state: token.state, label: token.label };
    known.count += token.count ?? 1;
    if (RANK[token.state] > RANK[known.state]) known.state = token.state;
    grouped.set(token.element, known);
  }
  return grouped;
}

/** Tell which flows were taken: those that are named, else those between two steps that were reached. */
function takenFlows(registry, done, reached) {
  const named = done.filter((id) => registry.get(id)?.waypoints);
  if (named.length) return named;
  return registry
    .filter((each) => each.waypoints && done.includes(each.source?.id) && reached.has(each.target?.id))
    .map((each) => each.id);
}

function badge(token, name) {
  const text = words.badge(token.label || name, words.states[token.state] || token.state, token.count);
  const mark = { failed: 'alarm', waiting: 'wait' }[token.state];
  return element('div', { class: `token-badge token-badge-${token.state}`, title: text }, mark ? shape(mark) : null, mark && token.count === 1 ? null : String(token.count));
}

/** Where a badge stands on a flow: in the middle of its middle part, from the corner of the flow's box. */
function halfway(points) {
  const before = Math.floor((points.length - 1) / 2);
  const middle = (axis) => (points[before][axis] + points[before + 1][axis]) / 2 - Math.min(...points.map((each) => each[axis])) - 11;
  return { top: middle('y'), left: middle('x') };
}

/** Mark what became of the elements from one version to another; in words, too, and never by colour alone. */
function showChanges(canvas, overlays, registry, changes) {
  const rank = ['moved', 'changed', 'removed', 'added'];
  const gravest = new Map();
  for (const { element: id, kind } of changes) if (registry.get(id) && rank.indexOf(kind) > rank.indexOf(gravest.get(id))) gravest.set(id, kind);
  for (const [id, kind] of gravest) {
    const drawn = registry.get(id);
    canvas.addMarker(id, `change-${kind}`);
    const text = words.changed(drawn.businessObject?.name || id, kind);
    overlays.add(id, 'tokens', { position: drawn.waypoints ? halfway(drawn.waypoints) : { top: -11, left: -11 }, html: element('div', { class: `change-badge change-badge-${kind}`, title: text, role: 'img', 'aria-label': text }, words.changeSigns[kind]) });
  }
}

/**
 * Show tokens on an opened diagram, replacing what was shown before.
 * @param viewer bpmn-js viewer with the page imported
 * @param report {tokens: [{element, count, state, label}], done: [id], pages: [{id, name, element, tokens}],
 *   changes: [{element, kind}] from another version}
 * @param openPage called with a page when its button on the drawing is pressed
 */
export function showTokens(viewer, report, openPage) {
  const registry = viewer.get('elementRegistry');
  const canvas = viewer.get('canvas');
  const overlays = viewer.get('overlays');
  for (const each of registry.getAll()) for (const marker of MARKERS) if (canvas.hasMarker(each.id, marker)) canvas.removeMarker(each.id, marker);
  overlays.remove({ type: 'tokens' });

  const done = (report.done || []).filter((id) => registry.get(id));
  const tokens = byElement((report.tokens || []).filter((token) => registry.get(token.element)));
  const reached = new Set([...done, ...tokens.keys()]);
  for (const id of [...done.filter((id) => !tokens.has(id)), ...takenFlows(registry, done, reached)]) canvas.addMarker(id, 'token-done');
  for (const [id, token] of tokens) {
    const drawn = registry.get(id);
    canvas.addMarker(id, `token-${token.state}`);
    overlays.add(id, 'tokens', { position: { top: -13, left: (drawn.width || 0) - 15 }, html: badge(token, drawn.businessObject?.name || id) });
  }
  showChanges(canvas, overlays, registry, report.changes || []);
  for (const page of report.pages || []) {
    const drawn = registry.get(page.element);
    if (!drawn) continue;
    const button = element('button', { type: 'button', class: 'page-badge', title: words.openPage(page.name), 'aria-label': words.openPage(page.name), onclick: () => openPage(page) }, shape('page'));
    overlays.add(page.element, 'tokens', { position: { bottom: 24, left: (drawn.width || 0) / 2 - 15 }, html: button });
  }
}
