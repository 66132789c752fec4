// Cuts what a person typed into IRC messages.
import { TEXT_BYTES } from './limits';

// The messages for one input: one per typed line, empty lines dropped, long ones cut at characters.
export function messagesOf(input: string, limit = TEXT_BYTES): string[] {
  return input
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== '')
    .flatMap((line) => splitText(line, limit));
}

// Cuts `text` into pieces of at most `limit` UTF-8 bytes whose concatenation is `text`.
// Never inside a character as a reader sees it, unless that alone is over the limit; after a space where one is near.
export function splitText(text: string, limit = TEXT_BYTES): string[] {
  const pieces: string[] = [];
  let piece = '';
  let size = 0;
  for (const character of characters(text)) {
    const bytes = utf8Length(character);
    if (size + bytes > limit && piece !== '') {
      const cut = lastSpace(piece);
      pieces.push(piece.slice(0, cut));
      piece = piece.slice(cut);
      size = utf8Length(piece);
    }
    if (bytes > limit) {
      // A heap of combining marks: only its code points can be kept whole.
      for (const point of character) {
        if (size + utf8Length(point) > limit) {
          pieces.push(piece);
          piece = '';
          size = 0;
        }
        piece += point;
        size += utf8Length(point);
      }
      continue;
    }
    piece += character;
    size += bytes;
  }
  if (piece !== '') pieces.push(piece);
  return pieces;
}

export function utf8Length(text: string): number {
  let bytes = 0;
  for (const point of text) {
    const code = point.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

function characters(text: string): Iterable<string> {
  if (typeof Intl.Segmenter !== 'function') return text;
  return Array.from(new Intl.Segmenter().segment(text), (part) => part.segment);
}

// Where to cut: after the last space of the final quarter, else at the end.
function lastSpace(piece: string): number {
  const at = piece.lastIndexOf(' ') + 1;
  return at > piece.length * 0.75 ? at : piece.length;
}
