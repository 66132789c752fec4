// The visitor's own connection: facts from the server's kernel and the browser, and rows for the ladder.
import { momentsOf, type Moment } from './scene';
import type { Frame, Options, Row, Source } from './trace';

export interface Fact {
  name: string;
  value: string | number | boolean;
  unit: string;
  source: Source;
  label: string;
  label_zh: string;
}

export interface OwnConnection {
  local: string;
  remote: string;
  passed_on: boolean; // the request came through a proxy
  segments: {
    dir: 'c>s' | 's>c';
    flags: string[];
    win_raw?: number;
    opts?: Options;
    source: Source;
    link?: number;
    bytes?: string;
    why?: string;
    why_zh?: string;
  }[];
  facts: Fact[];
  state: Record<'client' | 'server', { state: string; source: Source }>;
}

// The states of both ends when each segment of a handshake is sent and after it arrives. Source: RFC 9293 s.3.5.
const HANDSHAKE: Frame['state'][] = [
  { client: ['SYN-SENT', 'SYN-SENT'], server: ['LISTEN', 'SYN-RECEIVED'], source: 'inferred' },
  { client: ['SYN-SENT', 'ESTABLISHED'], server: ['SYN-RECEIVED', 'SYN-RECEIVED'], source: 'inferred' },
  { client: ['ESTABLISHED', 'ESTABLISHED'], server: ['SYN-RECEIVED', 'ESTABLISHED'], source: 'inferred' },
];

// Only the order is known. The times are made up; they keep the rows apart.
export function framesOf(own: OwnConnection): Frame[] {
  return own.segments.slice(0, HANDSHAKE.length).map((segment, i) => ({
    type: 'segment',
    n: i + 1,
    t_ns: 2 * i,
    delivered_ns: 2 * i + 1,
    dir: segment.dir,
    fate: 'delivered',
    src: segment.dir === 'c>s' ? own.remote : own.local,
    dst: segment.dir === 'c>s' ? own.local : own.remote,
    flags: segment.flags,
    seq: i === 2 ? 1 : 0,
    ack: i === 0 ? 0 : 1,
    len: 0,
    win: segment.win_raw,
    opts: segment.opts,
    state: HANDSHAKE[i]!,
    source: segment.source,
    link: segment.link,
    bytes: segment.bytes ?? '',
    why: segment.why,
    why_zh: segment.why_zh,
  }));
}

export function ownMoments(own: OwnConnection, now: string): Moment[] {
  const rows: Row[] = framesOf(own);
  const state = { client: own.state.client.state, server: own.state.server.state };
  rows.push({ type: 'app', t_ns: 2 * HANDSHAKE.length, side: 'server', text: now, state });
  return momentsOf(rows);
}

export function valueOf(fact: Fact, yes: string, no: string): string {
  if (typeof fact.value === 'boolean') return fact.value ? yes : no;
  if (fact.unit === 'byte' && Number(fact.value) >= 10_000) return Number(fact.value).toLocaleString('en').replaceAll(',', ' ');
  return String(fact.value);
}
