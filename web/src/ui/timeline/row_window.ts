// Which rows of a conversation are drawn: a stretch of a few screens, so that a line costs the same however long the
// room is. It slides when the reader comes near one of its ends.
//
// Invariants:
//   1. Rows `from` up to `to` are drawn: at most `most`, whatever arrives, and the day or mark before the first.
//   2. Lines that arrive, and older ones put in front, move no drawn row out of the stretch unless it follows the end.
import type { Row } from './rows';

const MOST = 300; // rows; more where a screen shows more than a sixth of them
const LEAST_HEIGHT = 22; // px of a row
// While text is selected no row is dropped, or the selection would shrink. Up to this many.
const MOST_SELECTED = 3000;

export class RowWindow {
  from = 0;
  to = 0;
  private most = MOST;
  private rows: Row[] = [];
  // Keys of a line in the first and in the last drawn row: the keys of other rows change as lines are added.
  private first = '';
  private last = '';

  get atEnd(): boolean {
    return this.to === this.rows.length;
  }

  get drawn(): Row[] {
    return this.rows.slice(this.from, this.to);
  }

  // The rows have changed. `following`: the reader is at the newest row and stays there.
  update(rows: Row[], following: boolean, height: number, selecting: boolean): void {
    const wasAtEnd = this.atEnd;
    const wasAtStart = this.from === 0;
    this.rows = rows;
    this.most = selecting ? MOST_SELECTED : Math.max(MOST, 6 * Math.ceil(height / LEAST_HEIGHT));
    const from = this.withRules(this.find(this.first));
    const to = this.find(this.last) + 1;
    if (following || (from < 0 && to === 0)) {
      const start = from < 0 ? rows.length - this.kept : from;
      return this.set(rows.length - start > this.most ? rows.length - this.kept : start, rows.length);
    }
    let start = from < 0 ? to - this.kept : from;
    const end = to > start ? to : start + this.kept;
    // The reader may be at the very top. Without some of the older rows above him, the others could not keep their place.
    if (wasAtStart) start = Math.max(0, start - Math.min(this.step, this.most - (end - start)));
    this.set(start, wasAtEnd ? Math.max(end, start + this.most) : end);
  }

  // Slides towards the first row. Returns false if that row is drawn already.
  up(): boolean {
    if (this.from === 0) return false;
    const from = Math.max(0, this.from - this.step);
    this.set(from, Math.min(this.to, from + this.kept));
    return true;
  }

  down(): boolean {
    if (this.atEnd) return false;
    const to = Math.min(this.rows.length, this.to + this.step);
    this.set(Math.max(this.from, to - this.kept), to);
    return true;
  }

  // Draws the row at `index` and its neighbours.
  around(index: number): void {
    const start = Math.max(0, index - this.step);
    this.set(start, start + this.kept);
  }

  private get step(): number {
    return Math.floor(this.most / 4);
  }

  // So many rows stay when the stretch slides. The rest is room for new ones, so that not every line moves it.
  private get kept(): number {
    return this.most - this.step;
  }

  private set(from: number, to: number): void {
    this.from = Math.max(0, from);
    this.to = Math.min(this.rows.length, to);
    const drawn = this.drawn;
    this.first = lineKey(drawn.find((row) => lineKey(row) !== ''));
    this.last = lineKey(drawn.reverse().find((row) => lineKey(row) !== ''));
  }

  // A day and the "new" mark belong to the line after them.
  private withRules(index: number): number {
    while (index > 0 && lineKey(this.rows[index - 1]) === '') index--;
    return index;
  }

  private find(key: string): number {
    if (!key) return -1;
    return this.rows.findIndex((row) =>
      row.type === 'line' ? row.line.key === key : row.type === 'events' && row.lines.some((line) => line.key === key),
    );
  }
}

function lineKey(row: Row | undefined): string {
  if (row?.type === 'line') return row.line.key;
  return row?.type === 'events' ? row.lines[0]!.key : '';
}
