// A link in the list shows its element in the drawing: the viewer listens to the row, the link sits in it.
let shown = null;

function point(row, on) {
  row.dispatchEvent(new PointerEvent(on ? 'pointerover' : 'pointerout', { bubbles: true }));
}

document.addEventListener('click', (event) => {
  const link = event.target.closest?.('a[data-show-element]');
  if (!link) return;
  event.preventDefault();
  const row = link.closest('tr');
  if (shown) {
    point(shown, false);
    shown.removeAttribute('aria-current');
  }
  shown = row;
  row.setAttribute('aria-current', 'true');
  row.click();
  point(row, true);
  document.getElementById('drawing')?.scrollIntoView({ block: 'start' });
});
