// What bpmnlint finds on the drawing while it is being edited. The server's checks know the package and decide; this one
// knows the drawing alone, and is there before anything is saved.
import Linter from 'bpmnlint/lib/linter';
import StaticResolver from 'bpmnlint/lib/resolver/static-resolver';
import conditionalEvent from 'bpmnlint/rules/conditional-event';
import conditionalFlows from 'bpmnlint/rules/conditional-flows';
import endEventRequired from 'bpmnlint/rules/end-event-required';
import eventBasedGateway from 'bpmnlint/rules/event-based-gateway';
import typedStart from 'bpmnlint/rules/event-sub-process-typed-start-event';
import labelRequired from 'bpmnlint/rules/label-required';
import linkEvent from 'bpmnlint/rules/link-event';
import noDisconnected from 'bpmnlint/rules/no-disconnected';
import noImplicitEnd from 'bpmnlint/rules/no-implicit-end';
import noImplicitSplit from 'bpmnlint/rules/no-implicit-split';
import noImplicitStart from 'bpmnlint/rules/no-implicit-start';
import noOverlapping from 'bpmnlint/rules/no-overlapping-elements';
import singleBlankStart from 'bpmnlint/rules/single-blank-start-event';
import singleDefinition from 'bpmnlint/rules/single-event-definition';
import startEventRequired from 'bpmnlint/rules/start-event-required';
import blankStart from 'bpmnlint/rules/sub-process-blank-start-event';
import superfluousGateway from 'bpmnlint/rules/superfluous-gateway';
import { lintWords } from './lint-words.js';

// The packages that come with Chuishao are clean by each of these. Not among them are rules of taste (one gateway that
// joins and splits, an end that terminates alone), and the one that takes two timers with a way to the same step for one.
const RULES = {
  'conditional-event': conditionalEvent,
  'conditional-flows': conditionalFlows,
  'end-event-required': endEventRequired,
  'event-based-gateway': eventBasedGateway,
  'event-sub-process-typed-start-event': typedStart,
  'label-required': labelRequired,
  'link-event': linkEvent,
  'no-disconnected': noDisconnected,
  'no-implicit-end': noImplicitEnd,
  'no-implicit-split': noImplicitSplit,
  'no-implicit-start': noImplicitStart,
  'no-overlapping-elements': noOverlapping,
  'single-blank-start-event': singleBlankStart,
  'single-event-definition': singleDefinition,
  'start-event-required': startEventRequired,
  'sub-process-blank-start-event': blankStart,
  'superfluous-gateway': superfluousGateway,
};
const SOON = 250;

const names = Object.keys(RULES);
const linter = new Linter({
  config: { rules: Object.fromEntries(names.map((name) => [name, 'warn'])) },
  resolver: new StaticResolver(Object.fromEntries(names.map((name) => [`rule:bpmnlint/${name}`, RULES[name]]))),
});

/** Return [{element, severity, text}] of a drawing, in the page's language. */
export async function lint(modeler) {
  const found = await linter.lint(modeler.getDefinitions());
  // what is not connected at all neither begins nor ends anything
  const alone = new Set((found['no-disconnected'] || []).map((report) => report.id));
  const told = (rule, report) => !(alone.has(report.id) && ['no-implicit-start', 'no-implicit-end'].includes(rule));
  return Object.entries(found).flatMap(([rule, reports]) =>
    reports.filter((report) => told(rule, report)).map((report) => ({ element: report.id, severity: 'note', text: lintWords[rule] || report.message })),
  );
}

/**
 * Mark what bpmnlint finds as soon as something was changed, beside what the server has said.
 * @param mark called with all findings
 * @returns what takes the server's findings
 */
export function lintInPlace(modeler, mark) {
  let said = [];
  let timer = null;
  let newest = 0;
  async function show() {
    newest += 1;
    const mine = newest;
    const found = await lint(modeler).catch(() => []); // what the server says is shown whatever becomes of the hints
    if (mine !== newest) return;
    const known = new Set(said.map((each) => each.element));
    mark([...said, ...found.filter((each) => !known.has(each.element))]);
  }
  modeler.on('commandStack.changed', () => {
    clearTimeout(timer);
    timer = setTimeout(show, SOON);
  });
  return (findings) => {
    said = findings;
    return show();
  };
}
