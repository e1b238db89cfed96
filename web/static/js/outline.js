// The tree of an outline by keyboard: arrows, Home and End walk, Enter chooses; one stop for the Tab key.
const tree = document.querySelector('.outline[role="tree"]');
const all = [...tree.querySelectorAll('[role="treeitem"]')];
const level = (each) => Number(each.getAttribute('aria-level'));

function go(to) {
  if (!to) return;
  for (const each of all) each.tabIndex = each === to ? 0 : -1;
  to.focus();
}

for (const each of all) each.tabIndex = each.getAttribute('aria-selected') === 'true' ? 0 : -1;
if (!all.some((each) => each.tabIndex === 0) && all.length) all[0].tabIndex = 0;

tree.addEventListener('keydown', (event) => {
  const at = all.indexOf(event.target.closest('[role="treeitem"]'));
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const steps = {
    ArrowDown: () => all[at + 1],
    ArrowUp: () => all[at - 1],
    Home: () => all[0],
    End: () => all[all.length - 1],
    // into what belongs to it, and back to what it belongs to
    ArrowRight: () => (all[at + 1] && level(all[at + 1]) > level(all[at]) ? all[at + 1] : null),
    ArrowLeft: () => all.slice(0, at).reverse().find((each) => level(each) < level(all[at])),
    ' ': () => all[at].click(),
  };
  if (!steps[event.key]) return;
  event.preventDefault();
  go(steps[event.key]());
});
