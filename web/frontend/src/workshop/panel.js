// Names the buttons of a properties panel by what they belong to: the library calls those of every section the same.
import { words } from './words.js';

const HEADS = [
  ['.bio-properties-panel-group-header', '.bio-properties-panel-group-header-title'],
  ['.bio-properties-panel-collapsible-entry-header', '.bio-properties-panel-collapsible-entry-header-title'],
];

function set(button, name, value) {
  if (button.getAttribute(name) !== value) button.setAttribute(name, value);
}

function name(box) {
  for (const [head, title] of HEADS) {
    for (const each of box.querySelectorAll(head)) {
      const section = each.querySelector(title)?.textContent.trim();
      if (!section) continue;
      for (const button of each.querySelectorAll('button')) {
        const text = button.textContent.trim(); // what is seen is part of the name
        if (button.classList.contains('bio-properties-panel-add-entry')) set(button, 'aria-label', `${text} ${words.addTo(section)}`.trim());
        else if (text) continue;
        else if (button.matches('[class*="remove"]')) set(button, 'aria-label', words.remove(section));
        else if (button.querySelector('[class*="-arrow-"]') || button.matches('[class*="arrow"]')) {
          set(button, 'aria-label', words.section(section));
          set(button, 'aria-expanded', String(each.classList.contains('open') || Boolean(each.querySelector('[class*="-arrow-down"]'))));
        }
      }
    }
  }
}

/** Keep doing so while the panel changes. */
export function nameSections(box) {
  name(box);
  new MutationObserver(() => name(box)).observe(box, { subtree: true, childList: true, characterData: true, attributes: true, attributeFilter: ['class'] });
}

// Milliseconds in which leaving a field of the panel may take the focus elsewhere.
const SOON = 500;
const STOPS = 'button, input, select, textarea, a[href], [contenteditable="true"], [tabindex="0"]';

/** What Tab stops at in a box, in its order. */
const stops = (box) => [...box.querySelectorAll(STOPS)].filter((each) => !each.disabled && each.tabIndex >= 0 && each.checkVisibility());

/**
 * Let Tab go on in the panel: the form editor takes the focus to the field whenever a property is left that changed.
 * @param panel, thief selectors in `box`
 * @param after where Tab goes behind the panel's last stop
 */
export function keepFocus(box, { panel, thief, after }) {
  let left = null;
  box.addEventListener('keydown', (event) => {
    const around = event.target.closest(panel);
    left = event.key === 'Tab' && around ? { index: stops(around).indexOf(event.target), by: event.shiftKey ? -1 : 1, at: performance.now() } : null;
  }, true);
  box.addEventListener('focusin', ({ target }) => {
    if (!left || !target.matches(thief) || performance.now() - left.at > SOON) return;
    const { index, by } = left;
    setTimeout(() => (stops(box.querySelector(panel))[index + by] || (by > 0 && after()))?.focus?.());
  });
}
