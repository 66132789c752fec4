// The text of a line as elements: links, mentions and code, everything else as plain text.
import { piecesOf } from '../irc/text';

export function Text({ text, me }: { text: string; me: string }) {
  return (
    <bdi class="text">
      {piecesOf(text, me).map((piece) =>
        piece.kind === 'link' ? (
          <a href={piece.text} target="_blank" rel="noopener noreferrer">
            {piece.text}
          </a>
        ) : piece.kind === 'mention' ? (
          <mark>{piece.text}</mark>
        ) : piece.kind === 'code' ? (
          <code>{piece.text}</code>
        ) : (
          piece.text
        ),
      )}
    </bdi>
  );
}
