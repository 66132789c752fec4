// What the page asks the server for. Each call throws with a sentence when it fails.
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
  labs: boolean; // whether this visitor may start them
  groups: Group[];
  scenarios: Scenario[];
}

export interface Field {
  name: string;
  label: string;
  value: string;
  bit_offset: number;
  bit_length: number;
}

export interface Layer {
  name: string;
  osi: number;
  offset: number;
  length: number;
  summary: string;
  quoted?: boolean;
  cut?: boolean;
  fields: Field[];
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

export async function getLayers(hex: string, link = 1): Promise<Layer[]> {
  const answer = await ask('/wire/layers', { method: 'POST', body: JSON.stringify({ bytes: hex, link }) });
  return ((await answer.json()) as { layers: Layer[] }).layers;
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
