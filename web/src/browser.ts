// Helpers that both pages use.

// The address of a WebSocket on the page's own server.
export function socketUrl(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}

// Returns a function that calls `draw` once, however often it is called before the next frame. The timer serves hidden
// pages, which get no frames but still show a title.
export function onNextFrame(draw: () => void): () => void {
  let due = false;
  const run = () => {
    if (!due) return;
    due = false;
    draw();
  };
  return () => {
    if (due) return;
    due = true;
    if (document.visibilityState === 'visible') requestAnimationFrame(run);
    setTimeout(run, 60);
  };
}
