import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Layer } from './api';
import { ascii, rangeOf, rangeText, toBytes, visible, whatIsAt } from './bytes';

const bits = (bit_offset: number, bit_length: number) => ({ bit_offset, bit_length });
const field = (name: string, offset: number, length: number) => ({ name, label: name, value: '', ...bits(offset, length) });
const layers: Layer[] = [
  { name: 'Ethernet', osi: 2, summary: '', ...bits(0, 112), fields: [field('dst', 0, 48), field('src', 48, 48)] },
  { name: 'TCP', osi: 4, summary: '', ...bits(272, 160), fields: [field('flags', 372, 12), field('syn', 382, 1)] },
];

test('a field that begins within a byte includes that byte', () => {
  assert.deepEqual(rangeOf(bits(372, 12)), { from: 46, to: 48 });
  assert.equal(rangeText({ from: 46, to: 48 }), '46–47');
  assert.equal(rangeText(rangeOf(bits(382, 1))), '47');
  assert.equal(rangeText(rangeOf(bits(382, 0))), '');
});

test('a byte belongs to a layer and its smallest field', () => {
  assert.deepEqual(whatIsAt(layers, 7), { layer: 0, field: 1 });
  assert.deepEqual(whatIsAt(layers, 46), { layer: 1, field: 0 });
  assert.deepEqual(whatIsAt(layers, 47), { layer: 1, field: 1 });
  assert.deepEqual(whatIsAt(layers, 20), { layer: -1, field: -1 });
});

test('hexadecimal becomes bytes, bytes become characters', () => {
  assert.deepEqual(toBytes('00ff4a'), [0, 255, 74]);
  assert.equal([0x1b, 0x41, 0x20, 0x9f].map(ascii).join(''), '·A ·');
});

test('text from a frame can neither hide nor reorder text', () => {
  assert.equal(visible('a\r\n\u001b[31m'), 'a␍␊␛[31m');
  assert.equal(visible('x\u202ey\u0085'), 'x\ufffdy\ufffd');
  assert.equal(visible('枇杷 GET /'), '枇杷 GET /');
});
