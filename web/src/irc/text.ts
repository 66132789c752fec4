// Removes from other people's text what could mislead a reader. (The page never turns text into HTML.)

export interface Body {
  text: string;
  action: boolean; // /me
  ctcp: boolean; // a CTCP query, which a client answers or ignores and never shows
}

export type Piece = { kind: 'text' | 'link' | 'mention' | 'code'; text: string };

// \x03 and \x04 begin a colour; the other codes (bold, italics, underline) are single control characters.
const COLOURS = /\x03(?:\d{1,2}(?:,\d{1,2})?)?|\x04(?:[0-9a-f]{6}(?:,[0-9a-f]{6})?)?/gi;
// C0, DEL, C1, bidi embeddings, overrides and isolates, line and paragraph separators, byte order mark.
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029\ufeff]/g;

export function clean(text: string): string {
  return text.replace(/\t/g, '    ').replace(COLOURS, '').replace(CONTROLS, '');
}

// Blanks, format characters, and letters without ink: Hangul fillers, the empty Braille pattern, variation selectors.
const WITHOUT_INK = /[\s\p{Cc}\p{Cf}\p{Z}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0]/gu;

// If `text` would be an empty row: what `raw` consists of, "U+3164 U+2800". '' if there is something to see.
export function hiddenIn(text: string, raw: string): string {
  if (text.replace(WITHOUT_INK, '') !== '' || raw === '') return '';
  const codes = [...new Set(raw)].map((c) => `U+${c.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`);
  return codes.slice(0, 5).join(' ') + (codes.length > 5 ? ' …' : '');
}

// Words of a user within a sentence of the page: between quotes that they cannot close, and isolated from its direction.
export function quoted(words: string): string {
  return `\u2068“${words.replace(/[“”„‟]/g, '"')}”\u2069`;
}

// The displayed part of a PRIVMSG's or NOTICE's text.
export function bodyOf(raw: string): Body {
  if (!raw.startsWith('\x01')) return { text: clean(raw), action: false, ctcp: false };
  const inner = raw.replace(/^\x01|\x01$/g, '');
  const [word = '', ...rest] = inner.split(' ');
  if (word.toUpperCase() === 'ACTION') return { text: clean(rest.join(' ')), action: true, ctcp: false };
  return { text: '', action: false, ctcp: true };
}

// The host is ASCII only, because letters of other scripts can imitate it. The path may contain any script.
const LINK = /https?:\/\/[a-z0-9[][\w.:\-[\]@%]*(?:[/?#][^\s<>"'`“”‘’「」『』《》【】（），。；！？、]*)?/gi;

// Cuts text into `code` (without its quotes), links, mentions of `nick` and the rest.
export function piecesOf(text: string, nick = ''): Piece[] {
  return text.split(/(`[^`]+`)/).flatMap((part, i): Piece[] => {
    if (i % 2 === 1) return [{ kind: 'code', text: part.slice(1, -1) }];
    return proseOf(part, nick);
  });
}

// True if `text` contains `nick` as a whole word.
export function mentions(text: string, nick: string): boolean {
  return nick !== '' && mentionPattern(nick).test(text);
}

function proseOf(text: string, nick: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const url = trimUrl(match[0]);
    if (!isWebAddress(url)) continue;
    addText(pieces, text.slice(from, match.index), nick);
    pieces.push({ kind: 'link', text: url });
    from = match.index! + url.length;
  }
  addText(pieces, text.slice(from), nick);
  return pieces;
}

function addText(pieces: Piece[], text: string, nick: string): void {
  if (nick === '') {
    if (text) pieces.push({ kind: 'text', text });
    return;
  }
  let from = 0;
  for (const match of text.matchAll(mentionPattern(nick))) {
    const start = match.index! + match[1]!.length;
    if (start > from) pieces.push({ kind: 'text', text: text.slice(from, start) });
    pieces.push({ kind: 'mention', text: match[2]! });
    from = start + match[2]!.length;
  }
  if (from < text.length) pieces.push({ kind: 'text', text: text.slice(from) });
}

function mentionPattern(nick: string): RegExp {
  const escaped = nick.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(^|[^\\p{L}\\p{N}_])(@?${escaped})(?![\\p{L}\\p{N}_-])`, 'giu');
}

// Punctuation at the end belongs to the sentence, and so does a closing bracket that the link does not open.
function trimUrl(url: string): string {
  for (;;) {
    const last = url.slice(-1);
    const opened = last === ')' ? '(' : last === ']' ? '[' : '';
    const unbalanced = opened !== '' && url.split(opened).length < url.split(last).length;
    if (!/[.,;:!?*_~'"]/.test(last) && !unbalanced) return url;
    url = url.slice(0, -1);
  }
}

function isWebAddress(url: string): boolean {
  try {
    const { protocol, hostname, username } = new URL(url);
    return (protocol === 'http:' || protocol === 'https:') && hostname !== '' && username === '';
  } catch {
    return false;
  }
}
