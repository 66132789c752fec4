// The texts of scenarios: paragraphs of plain words, `code`, and RFCs, which become links.
import { Rfc } from './rfc';

// Paragraphs, each one line: Chinese lines are joined without a space.
export function paragraphsOf(text: string): string[] {
  return text
    .split(/\n\s*\n/)
    .map((one) => one.trim().replace(/([\u2e80-\uffef])\n(?=[\u2e80-\uffef])/g, '$1').replace(/\n/g, ' '))
    .filter((one) => one !== '');
}

// A paragraph may begin with a few words that say what it is about: "Why three: ...".
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
