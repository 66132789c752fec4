// The text of a scenario: paragraphs with `code` and links to RFCs.
import { Rfc } from './rfc';

// Paragraphs separated by blank lines, each joined to one line; between Chinese characters without a space.
export function paragraphsOf(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .map((one) => one.trim().replace(/([\u2e80-\uffef])\n(?=[\u2e80-\uffef])/g, '$1').replace(/\n/g, ' '))
    .filter((one) => one !== '');
}

// Splits off the words that may introduce a paragraph: "Why three: ...".
export function leadOf(paragraph: string): [string, string] {
  const lead = /^([A-Z][\w ']{2,24}:|[\w\u2e80-\uffef]{2,12}：)\s*/.exec(paragraph)?.[0] ?? '';
  return [lead, paragraph.slice(lead.length)];
}

export function Prose({ text }: { text: string }) {
  return (
    <div class="prose">
      {paragraphsOf(text).map((paragraph) => {
        const [lead, rest] = leadOf(paragraph);
        return (
          <p>
            {lead && <b>{lead}</b>}
            {rest.split('`').map((piece, i) => (i % 2 ? <code>{piece}</code> : <Rfc text={piece} />))}
          </p>
        );
      })}
    </div>
  );
}
