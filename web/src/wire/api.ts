// The page's requests to the server. A failed one throws an Error with status and reason.
import type { Frame, Row } from './trace';
import { readTrace } from './trace';

export interface Group {
  name: string;
  title: string;
  title_zh: string;
}

export interface Scenario {
  name: string;
  group: string;
  title: string;
  title_zh: string;
  teaches: string;
  teaches_zh: string;
  rfc: string;
  recording: boolean;
}

export interface List {
  labs: boolean; // true if this visitor may start labs
  groups: Group[];
  scenarios: Scenario[];
}

export interface BitRange {
  bit_offset: number;
  bit_length: number; // 0: it has no bytes
}

export interface Field extends BitRange {
  name: string; // Wireshark's name
  label: string;
  label_zh?: string;
  value: string;
}

export interface Layer extends BitRange {
  name: string;
  osi: number;
  summary: string;
  fields: Field[];
}

// A layer of the OSI model, 7 to 1.
export interface OsiRow extends BitRange {
  layer: number;
  name: string;
  name_zh?: string;
  tcpip: string;
  tcpip_zh?: string;
  says: string;
  says_zh?: string;
}

export interface Dissected {
  bytes: string;
  osi: OsiRow[];
  layers: Layer[];
}

export function getList(): Promise<List> {
  return getJson('/wire/scenarios');
}

export function getText(name: string): Promise<{ text: string; text_zh: string }> {
  return getJson(`/wire/scenarios/${encodeURIComponent(name)}`);
}

export async function getRecording(name: string): Promise<Row[]> {
  const answer = await ask(`/wire/recordings/${encodeURIComponent(name)}.jsonl`);
  return readTrace(await answer.text());
}

// `lab`: the frame went over a virtual cable.
export async function getLayers(bytes: string, link = 1, lab = false): Promise<Dissected> {
  const answer = await ask('/wire/layers', { method: 'POST', body: JSON.stringify({ bytes, link, lab }) });
  return (await answer.json()) as Dissected;
}

export function bytesOf(frame: Frame, arrived: boolean): string {
  return (arrived && frame.arrived) || frame.bytes;
}

export async function getJson<T>(path: string): Promise<T> {
  return (await ask(path)).json() as Promise<T>;
}

async function ask(path: string, options?: RequestInit): Promise<Response> {
  const answer = await fetch(path, options);
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`);
  return answer;
}
