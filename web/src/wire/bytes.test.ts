import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ascii, rangeOfField, rangeText, toBytes, whatIsAt } from './bytes';
import type { Layer } from './api';

const field = (name: string, bit_offset: number, bit_length: number) => ({ name, label: name, value: '', bit_offset, bit_length });
const layers: Layer[] = [
  { name: 'Ethernet', osi: 2, offset: 0, length: 14, summary: '', fields: [field('dst', 0, 48), field('src', 48, 48)] },
  { name: 'TCP', osi: 4, offset: 34, length: 20, summary: '', fields: [field('flags', 372, 12), field('syn', 382, 1)] },
];

test('a field that begins within a byte lights that byte', () => {
  assert.deepEqual(rangeOfField(field('flags', 372, 12)), { from: 46, to: 48 });
  assert.equal(rangeText({ from: 46, to: 48 }), '46–47');
  assert.equal(rangeText(rangeOfField(field('syn', 382, 1))), '47');
});

test('a byte names its layer and its smallest field', () => {
  assert.deepEqual(whatIsAt(layers, 7), { layer: 0, field: 1 });
  assert.deepEqual(whatIsAt(layers, 46), { layer: 1, field: 0 });
  assert.deepEqual(whatIsAt(layers, 47), { layer: 1, field: 1 });
  assert.deepEqual(whatIsAt(layers, 20), { layer: -1, field: -1 });
});

test('bytes of hexadecimal, and their characters', () => {
  assert.deepEqual(toBytes('00ff4a'), [0, 255, 74]);
  assert.equal([0x1b, 0x41, 0x20, 0x9f].map(ascii).join(''), '·A ·');
});
