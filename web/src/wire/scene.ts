// Turns the rows of a trace into moments sorted by time, and moments into the layout of the ladder. Pure functions.
import { connectionOf, isFrame, receiver, type AppCall, type End, type Frame, type Note, type Row, type Side, type States } from './trace';

export type Moment =
  | { kind: 'sent'; at: number; frame: Frame; states: States }
  | { kind: 'fate'; at: number; frame: Frame; states: States } // delivered, lost, damaged
  | { kind: 'app'; at: number; app: AppCall; states: States }
  | { kind: 'note'; at: number; note: Note; states: null }
  | { kind: 'end'; at: number; end: End; states: States };

// Sorts by time. Moments of the same time keep the order of the rows; a frame is sent before its fate.
export function momentsOf(rows: Row[]): Moment[] {
  const moments: Moment[] = [];
  const frames = new Map<number, Frame>(); // the last row of each frame
  for (const row of rows) if (isFrame(row)) frames.set(row.n, row);
  for (const row of rows) {
    if (isFrame(row)) {
      const frame = frames.get(row.n);
      if (!frame) continue; // this frame has an earlier row
      frames.delete(row.n);
      const { client, server } = frame.state;
      moments.push({ kind: 'sent', at: frame.t_ns, frame, states: { client: client[0], server: server[0] } });
      if (frame.fate === 'held') continue;
      const at = frame.delivered_ns ?? frame.dropped_ns ?? frame.t_ns;
      moments.push({ kind: 'fate', at, frame, states: { client: client[1], server: server[1] } });
    } else if (row.type === 'app') moments.push({ kind: 'app', at: row.t_ns, app: row, states: row.state });
    else if (row.type === 'note') moments.push({ kind: 'note', at: row.t_ns, note: row, states: null });
    else if (row.type === 'end') moments.push({ kind: 'end', at: row.t_ns, end: row, states: row.state });
  }
  return moments.sort((a, b) => a.at - b.at);
}

// Frames that are still on the wire, oldest first.
export function heldOf(moments: Moment[]): Frame[] {
  const held = new Map<number, Frame>();
  for (const moment of moments) {
    if (moment.kind === 'sent') held.set(moment.frame.n, moment.frame);
    if (moment.kind === 'fate') held.delete(moment.frame.n);
  }
  return [...held.values()];
}

export interface Arrow {
  frame: Frame;
  from: number; // where it was sent, in pixels from the top
  to: number | null; // where its fate was decided; null: it is still on the wire
}

// A state and how long it lasts.
export interface Band {
  side: Side;
  state: string;
  from: number;
  to: number;
}

// With several connections a side has no single state, so the ladder shows only that one of them entered a state.
export interface Change {
  side: Side;
  state: string;
  y: number;
}

export interface Remark {
  y: number;
  side: Side | null;
  at: number;
  lines: string[];
}

export interface Scene {
  several: boolean; // connections
  arrows: Arrow[];
  bands: Band[];
  changes: Change[];
  remarks: Remark[];
  times: { y: number; at: number }[];
  height: number;
}

const HEAD = 14; // above the first moment
const STEP = { fate: 28, app: 30, end: 16 };
const LINE = 17; // of a remark

// The layout of the ladder. `wrap` cuts a text into lines that fit, `text` picks the language, `label` is the height of a
// frame's label above its arrow.
export function sceneOf(
  moments: Moment[],
  wrap: (text: string) => string[],
  text: (row: AppCall | Note) => string,
  label = 40,
): Scene {
  const several = connectionsOf(moments).size > 1;
  const scene: Scene = { several, arrows: [], bands: [], changes: [], remarks: [], times: [], height: 0 };
  const arrows = new Map<number, Arrow>();
  const states = several ? new ChangeTracker(scene) : new BandTracker(scene, moments);
  let y = HEAD;
  for (const moment of moments) {
    if (moment.kind === 'sent') {
      y += label;
      const arrow: Arrow = { frame: moment.frame, from: y, to: null };
      arrows.set(moment.frame.n, arrow);
      scene.arrows.push(arrow);
    } else if (moment.kind === 'fate') {
      y += STEP.fate;
      const arrow = arrows.get(moment.frame.n);
      if (arrow) arrow.to = y;
    } else if (moment.kind === 'end') y += STEP.end;
    else {
      y += STEP.app;
      const lines = wrap(text(moment.kind === 'app' ? moment.app : moment.note));
      scene.remarks.push({ y, side: moment.kind === 'app' ? moment.app.side : null, at: moment.at, lines });
      y += (lines.length - 1) * LINE;
    }
    if (moment.kind !== 'end' && scene.times.at(-1)?.at !== moment.at) scene.times.push({ y, at: moment.at });
    states.take(moment, y);
  }
  scene.height = y + 40;
  states.finish(scene.height);
  return scene;
}

const SIDES = ['client', 'server'] as const;

function connectionsOf(moments: Moment[]): Set<string> {
  return new Set(moments.flatMap((moment) => (moment.kind === 'sent' ? (connectionOf(moment.frame) ?? []) : [])));
}

class BandTracker {
  private readonly open: Record<Side, Band>;

  constructor(
    private readonly scene: Scene,
    moments: Moment[],
  ) {
    const first = moments.find((moment) => moment.states)?.states ?? { client: '?', server: '?' };
    this.open = { client: begin('client', first.client, 0), server: begin('server', first.server, 0) };
  }

  take(moment: Moment, y: number): void {
    if (!moment.states) return;
    for (const side of SIDES) {
      const band = this.open[side];
      if (band.state === moment.states[side]) continue;
      this.finishOne(band, y);
      this.open[side] = begin(side, moment.states[side], y);
    }
  }

  finish(height: number): void {
    for (const side of SIDES) this.finishOne(this.open[side], height);
  }

  private finishOne(band: Band, y: number): void {
    band.to = y;
    this.scene.bands.push(band);
  }
}

class ChangeTracker {
  private readonly known = new Map<string, States>();

  constructor(private readonly scene: Scene) {}

  // Rows other than frames do not name their connection.
  take(moment: Moment, y: number): void {
    if (moment.kind !== 'sent' && moment.kind !== 'fate') return;
    const connection = connectionOf(moment.frame);
    if (connection === undefined) return;
    const before = this.known.get(connection);
    this.known.set(connection, moment.states);
    for (const side of SIDES) {
      const state = moment.states[side];
      if (state !== before?.[side]) this.scene.changes.push({ side, state, y });
    }
  }

  finish(height: number): void {
    for (const side of SIDES) this.scene.bands.push({ ...begin(side, '?', 0), to: height });
  }
}

function begin(side: Side, state: string, from: number): Band {
  return { side, state, from, to: from };
}

// Cuts a text into lines of at most `room` columns, at spaces if possible. A Chinese character takes two columns.
export function wrapText(text: string, room: number): string[] {
  const lines: string[] = [];
  let line = '';
  let width = 0;
  for (const word of text.match(/\s+|[\u2e80-\uffef][，。；：！？、）」]*|[^\s\u2e80-\uffef]+/g) ?? []) {
    const columns = displayWidth(word);
    if (width + columns > room && line.trim() !== '' && !/^\s+$/.test(word)) {
      lines.push(line.trim());
      line = '';
      width = 0;
    }
    line += word;
    width += columns;
  }
  if (line.trim() !== '' || lines.length === 0) lines.push(line.trim());
  return lines;
}

export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += character >= '\u2e80' ? 2 : 1;
  return columns;
}

// The question before a step: which state will the receiver be in when the next frame has arrived?
export function questionAt(moments: Moment[], cursor: number): { frame: Frame; side: Side; answer: string } | null {
  const next = moments[cursor];
  if (next?.kind !== 'fate' || next.frame.type !== 'segment' || next.frame.fate === 'dropped') return null;
  const side = receiver(next.frame);
  return { frame: next.frame, side, answer: next.states[side] };
}
