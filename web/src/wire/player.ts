// Shows a trace moment by moment: a recording at the reader's pace, a live lab as it happens.
import { momentsOf, type Moment } from './scene';
import type { Row } from './trace';

// The pause after each kind of moment while a recording plays, in milliseconds.
const PACE = { sent: 800, fate: 1100, app: 1100, note: 1700, end: 300 };

export class Player {
  rows: Row[] = [];
  cursor = 0; // how many moments are shown
  playing = false;
  speed = 1;
  live = false;
  changed: () => void = () => {};
  private known: Moment[] | null = []; // null: `rows` have changed
  private timer: ReturnType<typeof setTimeout> | undefined;

  // Starts a trace. A recording begins with no moment shown; a live trace shows each row as it arrives.
  open(rows: Row[], live: boolean): void {
    this.pause();
    this.live = live;
    this.rows = rows;
    this.known = null;
    this.cursor = live ? Infinity : 0;
    this.changed();
  }

  add(row: Row): void {
    this.rows.push(row);
    this.known = null;
    this.changed();
  }

  get moments(): Moment[] {
    return (this.known ??= momentsOf(this.rows));
  }

  get shown(): Moment[] {
    return this.live ? this.moments : this.moments.slice(0, this.cursor);
  }

  get newest(): Moment | undefined {
    return this.shown.at(-1);
  }

  get atEnd(): boolean {
    return this.cursor >= this.moments.length;
  }

  step(): void {
    this.go(this.cursor + 1);
  }

  // Shows the first `cursor` moments of a recording. Stops playing at the end.
  go(cursor: number): void {
    this.cursor = Math.max(0, Math.min(this.moments.length, cursor));
    if (this.atEnd) this.pause();
    this.changed();
  }

  play(): void {
    if (this.atEnd) this.cursor = 0;
    this.playing = true;
    this.changed();
    this.wait(this.cursor === 0 ? 200 : this.pace());
  }

  pause(): void {
    clearTimeout(this.timer);
    this.playing = false;
    this.changed();
  }

  private wait(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.step();
      if (this.playing) this.wait(this.pace());
    }, ms);
  }

  private pace(): number {
    return PACE[this.newest?.kind ?? 'sent'] / this.speed;
  }
}
