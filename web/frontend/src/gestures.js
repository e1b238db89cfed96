// Fingers on the drawing: one moves it sideways (the page keeps its own scrolling), two move and zoom it.
export function startGestures(box, viewer) {
  const fingers = new Map();
  const canvas = () => viewer.get('canvas');
  const middle = () => {
    const all = [...fingers.values()];
    return { x: all.reduce((sum, each) => sum + each.x, 0) / all.length, y: all.reduce((sum, each) => sum + each.y, 0) / all.length };
  };
  const spread = () => {
    const [first, second] = [...fingers.values()];
    return second ? Math.hypot(first.x - second.x, first.y - second.y) : 0;
  };

  box.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' && !event.target.closest('button, a')) fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  });
  box.addEventListener('pointermove', (event) => {
    if (!fingers.has(event.pointerId)) return;
    const [from, wide] = [middle(), spread()];
    fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const [to, wider] = [middle(), spread()];
    canvas().scroll({ dx: to.x - from.x, dy: fingers.size > 1 ? to.y - from.y : 0 });
    if (wide && wider) {
      const frame = box.getBoundingClientRect();
      const scale = Math.max(0.2, Math.min(3, (canvas().zoom() * wider) / wide));
      canvas().zoom(scale, { x: to.x - frame.left, y: to.y - frame.top });
    }
  });
  for (const end of ['pointerup', 'pointercancel', 'pointerleave']) box.addEventListener(end, (event) => fingers.delete(event.pointerId));
}
