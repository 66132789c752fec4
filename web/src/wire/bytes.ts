// From a field's bits to the bytes that are lit, and back from a byte to what stands there.
import type { Field, Layer } from './api';

export interface Range {
  from: number; // the first byte
  to: number; // one past the last
}

export function rangeOfField(field: Field): Range {
  return { from: field.bit_offset >> 3, to: Math.ceil((field.bit_offset + field.bit_length) / 8) };
}

export function rangeOfLayer(layer: Layer): Range {
  return { from: layer.offset, to: layer.offset + layer.length };
}

// "14-33", both ends inclusive; "34" for a single byte.
export function rangeText({ from, to }: Range): string {
  return to - from <= 1 ? String(from) : `${from}–${to - 1}`;
}

// The layer whose bytes these are and the smallest of its fields there.
export function whatIsAt(layers: Layer[], byte: number): { layer: number; field: number } {
  let layer = -1;
  for (const [i, one] of layers.entries()) {
    const { from, to } = rangeOfLayer(one);
    if (byte >= from && byte < to) layer = i;
  }
  let field = -1;
  let size = Infinity;
  for (const [i, one] of (layers[layer]?.fields ?? []).entries()) {
    const { from, to } = rangeOfField(one);
    if (byte < from || byte >= to || one.bit_length >= size) continue;
    field = i;
    size = one.bit_length;
  }
  return { layer, field };
}

export function toBytes(hex: string): number[] {
  return (hex.match(/[0-9a-f]{2}/gi) ?? []).map((pair) => parseInt(pair, 16));
}

// As in every hex view: a point for what is no visible ASCII character.
export function ascii(byte: number): string {
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : byte === 32 ? ' ' : '·';
}
