// What is copied of a conversation: "12:34 ada: hello", a line for each row. The selection itself would give times,
// names and texts in lines of their own.

// The text of the selected rows of `box`, or null if the selection lies in one row: there the browser's copy is right.
export function copied(box: HTMLElement): string | null {
  const selection = getSelection();
  if (!selection?.rangeCount) return null;
  const range = selection.getRangeAt(0);
  const rows = [...box.querySelectorAll<HTMLElement>('.row')].filter((row) => range.intersectsNode(row));
  if (rows.length < 2) return null;
  return rows.map((row) => copyOf(row, range)).filter(Boolean).join('\n');
}

// A row whose beginning is not selected gives the selected rest of its text, without name and time.
function copyOf(row: HTMLElement, range: Range): string {
  const whole = document.createRange();
  whole.selectNodeContents(row.querySelector('.text') ?? row);
  const part = whole.cloneRange();
  if (range.compareBoundaryPoints(Range.START_TO_START, part) > 0) part.setStart(range.startContainer, range.startOffset);
  if (range.compareBoundaryPoints(Range.END_TO_END, part) < 0) part.setEnd(range.endContainer, range.endOffset);
  whole.setEnd(part.startContainer, part.startOffset);
  const head = whole.toString() === '' ? row.dataset.head ?? '' : '';
  const text = part.toString();
  return text && head + text;
}
