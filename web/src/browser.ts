// What both pages ask of the browser.

// The address of a WebSocket of the server that this page came from.
export function socketUrl(path: string): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${path}`;
}

// Calls `draw` once for many changes. The timer is for hidden pages: they draw no frames, but their title must change.
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
