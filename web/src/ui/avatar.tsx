// A coloured circle with a name's first character. The same name has the same colour everywhere. The style sheet draws
// the character, so that it is neither copied nor found as text.
const HUES = 12; // .hue-0 ... .hue-11 in css/people.css

export function hueOf(nick: string): string {
  let hash = 2166136261;
  for (const point of nick.toLowerCase().replace(/_+$/, '') || nick) {
    hash = Math.imul(hash ^ point.codePointAt(0)!, 16777619);
  }
  return `hue-${(hash >>> 8) % HUES}`;
}

export function Avatar({ nick }: { nick: string }) {
  const letter = [...nick.replace(/^[^\p{L}\p{N}]+/u, '')][0] ?? [...nick][0] ?? '?';
  return (
    <span class={`avatar ${hueOf(nick)}`} aria-hidden="true" data-letter={letter.toUpperCase()} />
  );
}

export function Nick({ nick }: { nick: string }) {
  return <bdi class={`nick ${hueOf(nick)}`}>{nick}</bdi>;
}
