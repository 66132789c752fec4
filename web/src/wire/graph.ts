// What one side sends, over time: sequence numbers as tcptrace draws them, the congestion window, the smoothed round trip.
// Pure functions.
import { connectionOf, isFrame, sender, type Congestion, type Frame, type Row, type Side } from './trace';
import type { Moment } from './scene';

// Strokes stand where something happened; levels hold until the next one.
export const STROKES = ['data', 'again', 'lost'] as const;
export const LEVELS = ['limit', 'level'] as const; // the end of the window or ssthresh; acknowledged, cwnd or the round trip
export type Mark = (typeof STROKES)[number] | (typeof LEVELS)[number];
export type GraphKind = 'sequence' | 'cwnd' | 'rtt';

export interface Point {
  at: number; // ns
  mark: Mark;
  from: number; // bytes, segments or ms
  to: number; // of a stroke: its last byte
}

export type Graphs = Record<GraphKind, Point[]>;

const FEW = 4; // segments with data: fewer need no graph

// The side that sends most of the bytes; undefined if there is little to draw, or more than one connection.
export function graphedSide(rows: Row[]): Side | undefined {
  const bytes = { client: 0, server: 0 };
  const segments = new Map<number, Side>(); // those with data, by number: a frame may have two rows
  const connections = new Set<string | undefined>();
  for (const row of rows) {
    if (!isFrame(row) || row.type !== 'segment') continue;
    connections.add(connectionOf(row));
    if (!row.len || segments.has(row.n)) continue;
    segments.set(row.n, sender(row));
    bytes[sender(row)] += row.len;
  }
  const side = bytes.client >= bytes.server ? 'client' : 'server';
  const count = [...segments.values()].filter((one) => one === side).length;
  return connections.size === 1 && count >= FEW ? side : undefined;
}

// The points that these moments have made known, in the order of time.
export function graphsOf(moments: Moment[], side: Side): Graphs {
  const graphs: Graphs = { sequence: [], cwnd: [], rtt: [] };
  for (const moment of moments) {
    if (moment.kind !== 'sent' && moment.kind !== 'fate') continue;
    const { kind, at, frame } = moment;
    if (frame.type !== 'segment' || frame.by_wire || frame.copy_of) continue;
    if (kind === 'sent' && sender(frame) === side) {
      addSent(graphs.sequence, at, frame);
      addCongestion(graphs, at, frame.congestion?.sender);
    }
    if (kind === 'fate' && sender(frame) !== side && frame.fate === 'delivered') {
      addAck(graphs.sequence, at, frame);
      addCongestion(graphs, at, frame.congestion?.receiver);
    }
  }
  return graphs;
}

function addSent(points: Point[], at: number, frame: Frame): void {
  if (!frame.len) return;
  const mark = frame.fate === 'dropped' ? 'lost' : frame.retransmission_of ? 'again' : 'data';
  points.push({ at, mark, from: frame.seq ?? 0, to: (frame.seq ?? 0) + frame.len });
}

function addAck(points: Point[], at: number, frame: Frame): void {
  if (!frame.flags?.includes('ACK') || frame.flags.includes('RST')) return;
  const ack = frame.ack ?? 0;
  points.push({ at, mark: 'level', from: ack, to: ack });
  points.push({ at, mark: 'limit', from: ack + (frame.win ?? 0), to: ack + (frame.win ?? 0) });
}

function addCongestion(graphs: Graphs, at: number, told?: Congestion): void {
  if (!told) return;
  const add = (points: Point[], mark: Mark, value?: number) => value && points.push({ at, mark, from: value, to: value });
  add(graphs.cwnd, 'level', told.cwnd);
  add(graphs.cwnd, 'limit', told.ssthresh);
  add(graphs.rtt, 'level', told.srtt_ns && told.srtt_ns / 1e6);
}

// Where the y axis ends. A limit far beyond all else, like a window that is never full, would press it to the ground.
export function topOf(points: Point[]): number {
  const highest = (some: Point[]) => some.reduce((top, { to }) => Math.max(top, to), 0);
  const top = highest(points.filter(({ mark }) => mark !== 'limit'));
  return Math.max(1, highest(points.filter(({ to }) => to <= 1.25 * top)));
}

// The points of one mark as the path of an SVG of this size; `end` and `top` are where the axes end. What is above the top is
// outside of the picture.
export function pathOf(points: Point[], mark: Mark, scale: { width: number; height: number; end: number; top: number }): string {
  const x = (at: number) => ((at / scale.end) * scale.width).toFixed(1);
  const y = (value: number) => ((1 - value / scale.top) * scale.height).toFixed(1);
  const some = points.filter((point) => point.mark === mark);
  if (mark !== 'limit' && mark !== 'level') return some.map(({ at, from, to }) => `M${x(at)} ${y(from)}V${y(to)}`).join('');
  return some.map(({ at, from }, i) => (i === 0 ? `M${x(at)} ${y(from)}` : `H${x(at)}V${y(from)}`)).join('');
}

// How many of these moments had happened at this time.
export function momentsUntil(moments: Moment[], at: number): number {
  const next = moments.findIndex((moment) => moment.at > at);
  return next < 0 ? moments.length : next;
}
