// Cuts the user's input into IRC messages.
import { TEXT_BYTES } from './limits';

// One message per line of the input. Drops empty lines; cuts long ones as splitText() does.
export function messagesOf(input: string, limit = TEXT_BYTES): string[] {
  return input
    .split(/\r\n|\r|\n/)
    .filter((line) => line.trim() !== '')
    .flatMap((line) => splitText(line, limit));
}

// Cuts `text` into pieces of at most `limit` UTF-8 bytes whose concatenation is `text`.
// Prefers to cut after a space. Cuts a grapheme cluster only if it alone exceeds the limit.
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
      // Too many combining marks: cut this cluster between its code points.
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

// Where to cut: after the last space if it is in the final quarter, else at the end.
function lastSpace(piece: string): number {
  const at = piece.lastIndexOf(' ') + 1;
  return at > piece.length * 0.75 ? at : piece.length;
}
