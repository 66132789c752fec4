// Maps ranges of bits to the bytes to highlight, and a byte back to its layer and field.
import type { Layer, BitRange } from './api';

export interface ByteRange {
  from: number; // the first byte
  to: number; // one past the last
}

export function rangeOf({ bit_offset, bit_length }: BitRange): ByteRange {
  const from = bit_offset >> 3;
  return { from, to: bit_length > 0 ? Math.ceil((bit_offset + bit_length) / 8) : from };
}

// "14–33" with both ends inclusive, "34" for a single byte, "" for none.
export function rangeText({ from, to }: ByteRange): string {
  if (to <= from) return '';
  return to - from === 1 ? String(from) : `${from}–${to - 1}`;
}

function has(range: BitRange, byte: number): boolean {
  const { from, to } = rangeOf(range);
  return byte >= from && byte < to;
}

// The innermost layer that contains `byte`, and the smallest of its fields that does. -1: none.
export function whatIsAt(layers: Layer[], byte: number): { layer: number; field: number } {
  const layer = layers.map((one) => has(one, byte)).lastIndexOf(true);
  let field = -1;
  let size = Infinity;
  for (const [i, one] of (layers[layer]?.fields ?? []).entries()) {
    if (!has(one, byte) || one.bit_length >= size) continue;
    field = i;
    size = one.bit_length;
  }
  return { layer, field };
}

export function toBytes(hex: string): number[] {
  return (hex.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
}

// The character, or a dot if it is not a printable ASCII character.
export function ascii(byte: number): string {
  return byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '·';
}

// Text from a frame. Control characters become their pictures, bidi controls the replacement character.
export function visible(text: string): string {
  return text
    .replace(/[\u0000-\u001f]/g, (character) => String.fromCharCode(0x2400 + character.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}
