// Text in which each RFC ("RFC 9293 s.3.6, RFC 5961") is a link to its section.
const RFC = /RFC (\d+)(?: s\.([\d.]*\d))?/g;

export interface Piece {
  text: string;
  href?: string;
}

export function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let end = 0;
  for (const match of text.matchAll(RFC)) {
    if (match.index > end) pieces.push({ text: text.slice(end, match.index) });
    const section = match[2] ? `#section-${match[2]}` : '';
    pieces.push({ text: match[0], href: `https://www.rfc-editor.org/rfc/rfc${match[1]}${section}` });
    end = match.index + match[0].length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end) });
  return pieces;
}

export function Rfc({ text }: { text: string }) {
  return (
    <span class="rfc">
      {piecesOf(text).map(({ text: words, href }) =>
        href ? (
          <a href={href} target="_blank" rel="noopener noreferrer">
            {words}
          </a>
        ) : (
          words
        ),
      )}
    </span>
  );
}
