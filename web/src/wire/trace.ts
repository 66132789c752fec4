// A trace from the server: one JSON object per line, "loquat.wire/1".
export type Side = 'client' | 'server';
export type Source = 'captured' | 'kernel' | 'reported' | 'inferred' | 'recorded';
export type Fate = 'held' | 'delivered' | 'dropped' | 'corrupted';

export interface States {
  client: string;
  server: string;
}

export interface Begin {
  type: 'begin';
  scenario: string;
  title?: string;
  title_zh?: string;
  system: string;
  client: string;
  server: string;
  source: Source; // of the states
  frames: Source;
  wall_ns?: number;
}

export interface Options {
  mss?: number;
  ws?: number;
  sackok?: boolean;
  tsval?: number;
  tsecr?: number;
  sack?: [number, number][];
}

// What a kernel said of its congestion control; what is missing is not known yet.
export interface Congestion {
  cwnd: number; // segments
  ssthresh?: number;
  srtt_ns?: number;
}

// A frame that carries a TCP segment ('segment') or something else ('frame').
export interface Frame {
  type: 'segment' | 'frame';
  n: number;
  t_ns: number;
  delivered_ns: number | null;
  dropped_ns?: number;
  dir: 'c>s' | 's>c';
  fate: Fate;
  copy_of?: number | null;
  src?: string;
  dst?: string;
  flags?: string[];
  seq?: number; // relative
  ack?: number;
  ack_raw?: number;
  len?: number;
  win?: number;
  opts?: Options;
  summary?: string;
  retransmission_of?: number | null;
  by_wire?: boolean;
  congestion?: { sender?: Congestion; receiver?: Congestion }; // of the sender at sending, of the receiver at arrival
  state: { client: [string, string]; server: [string, string]; source: Source };
  source: Source;
  link?: number;
  bytes: string;
  arrived?: string;
  why?: string;
  why_zh?: string;
}

export interface AppCall {
  type: 'app';
  t_ns: number;
  side: Side;
  text: string;
  text_zh?: string;
  state: States;
}

export interface Note {
  type: 'note';
  t_ns: number;
  text: string;
  text_zh?: string;
}

export interface Counters {
  type: 'counters';
  side: Side;
  moved: Record<string, number>;
}

export interface End {
  type: 'end';
  t_ns: number;
  state: States;
  as_specified: boolean;
  text?: string;
  text_zh?: string;
}

export type Row = Begin | Frame | AppCall | Note | Counters | End;

const TYPES = new Set(['begin', 'segment', 'frame', 'app', 'note', 'counters', 'end']);

// The object as a row, or undefined if it is not one.
export function asRow(value: unknown): Row | undefined {
  const type = (value as { type?: unknown } | null)?.type;
  return typeof type === 'string' && TYPES.has(type) ? (value as Row) : undefined;
}

// All rows of a recording. Throws SyntaxError if a line is not JSON.
export function readTrace(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .flatMap((line) => asRow(JSON.parse(line)) ?? []);
}

export function isFrame(row: Row): row is Frame {
  return row.type === 'segment' || row.type === 'frame';
}

export function sender(frame: Frame): Side {
  return frame.dir === 'c>s' ? 'client' : 'server';
}

export function receiver(frame: Frame): Side {
  return frame.dir === 'c>s' ? 'server' : 'client';
}

// The client's end of a segment's connection, "10.0.0.1:40000". Undefined for other frames.
export function connectionOf(frame: Frame): string | undefined {
  return sender(frame) === 'client' ? frame.src : frame.dst;
}

// A segment's flags, "SYN,ACK"; the summary of any other frame.
export function titleOf(frame: Frame): string {
  return frame.type === 'segment' ? (frame.flags ?? []).join(',') || '–' : (frame.summary ?? '');
}

// "seq=0 ack=1 len=9", without parts that say nothing.
export function numbersOf(frame: Frame): string {
  if (frame.type === 'frame') return '';
  const acks = frame.flags?.includes('ACK') ? ` ack=${frame.ack}` : '';
  return `seq=${frame.seq}${acks}${frame.len ? ` len=${frame.len}` : ''}`;
}

// "win=64240 mss=1460 ws=7 sackok".
export function optionsOf(frame: Frame): string {
  if (frame.type === 'frame') return '';
  const { mss, ws, sackok, sack } = frame.opts ?? {};
  const start = (frame.ack_raw ?? 0) - (frame.ack ?? 0); // the initial sequence number of the data that SACK reports
  const relative = (number: number) => (number - start) >>> 0;
  return [
    frame.win !== undefined && `win=${frame.win}`,
    mss !== undefined && `mss=${mss}`,
    ws !== undefined && `ws=${ws}`,
    sackok && 'sackok',
    ...(sack ?? []).map(([left, right]) => `sack=${relative(left)}-${relative(right)}`),
  ]
    .filter(Boolean)
    .join(' ');
}
