// Keeps what is read in its place when rows around it are added, removed or laid out anew.

export interface Place {
  row: Element;
  top: number; // from the box's upper edge, in px
}

const ENOUGH = 12; // rows; one of them survives nearly every change

// The first rows in view.
export function placesIn(box: HTMLElement): Place[] {
  const edge = box.getBoundingClientRect().top;
  const rows = box.firstElementChild!.children; // from top to bottom
  let from = 0;
  for (let to = rows.length; from < to; ) {
    const middle = (from + to) >> 1;
    if (rows[middle]!.getBoundingClientRect().bottom > edge) to = middle;
    else from = middle + 1;
  }
  return [...rows].slice(from, from + ENOUGH).map((row) => ({ row, top: row.getBoundingClientRect().top - edge }));
}

// Scrolls the first row that is still there to where it was.
export function restore(box: HTMLElement, places: Place[]): void {
  const place = places.find(({ row }) => row.isConnected && row.classList.contains('row'));
  if (place) box.scrollTop += place.row.getBoundingClientRect().top - box.getBoundingClientRect().top - place.top;
}

// Calls `changed` when a selection of text in `box` begins or ends. Returns what stops it. Asking the browser at every
// drawing instead would make it compute the page's style each time.
export function watchSelection(box: HTMLElement, changed: (selecting: boolean) => void): () => void {
  const ask = () => {
    const selection = getSelection();
    changed(selection?.type === 'Range' && selection.containsNode(box, true));
  };
  document.addEventListener('selectionchange', ask);
  return () => document.removeEventListener('selectionchange', ask);
}
