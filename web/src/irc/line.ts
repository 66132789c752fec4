// Parses and formats one IRC line.
//
// Source: RFC 2812 s.2.3, IRCv3 "Message Tags". Over WebSocket a line has no CR LF.

export interface IrcLine {
  tags: Map<string, string>;
  source: string; // the whole prefix: nick!user@host, or a server's name
  nick: string; // the prefix up to '!'
  command: string; // upper case
  params: string[];
}

const UNESCAPE: Record<string, string> = { ':': ';', s: ' ', '\\': '\\', r: '\r', n: '\n' };
const ESCAPE: Record<string, string> = { ';': '\\:', ' ': '\\s', '\\': '\\\\', '\r': '\\r', '\n': '\\n' };

// Returns null for a line without a command.
export function parseLine(raw: string): IrcLine | null {
  let rest = raw.replace(/[\r\n]+$/, '');
  const tags = new Map<string, string>();
  if (rest.startsWith('@')) {
    const end = rest.indexOf(' ');
    if (end < 0) return null;
    for (const item of rest.slice(1, end).split(';')) {
      const equals = item.indexOf('=');
      if (equals < 0) tags.set(item, '');
      else tags.set(item.slice(0, equals), unescapeTag(item.slice(equals + 1)));
    }
    rest = rest.slice(end).trimStart();
  }
  let source = '';
  if (rest.startsWith(':')) {
    const end = rest.indexOf(' ');
    if (end < 0) return null;
    source = rest.slice(1, end);
    rest = rest.slice(end).trimStart();
  }
  const params: string[] = [];
  while (rest !== '') {
    if (rest.startsWith(':') && params.length > 0) {
      params.push(rest.slice(1));
      break;
    }
    const end = rest.indexOf(' ');
    params.push(end < 0 ? rest : rest.slice(0, end));
    rest = end < 0 ? '' : rest.slice(end).replace(/^ +/, '');
  }
  const command = params.shift();
  if (!command) return null;
  return { tags, source, nick: source.split('!')[0] ?? '', command: command.toUpperCase(), params };
}

// Writes one line. CR, LF and NUL in a parameter become spaces, so that one call is never two lines.
// Only the last parameter may be empty, contain a space or begin with ':'.
export function formatLine(command: string, params: string[] = [], tags: Record<string, string> = {}): string {
  const words = params.map((param) => param.replace(/[\r\n\0]/g, ' '));
  const last = words.length - 1;
  words.forEach((word, i) => {
    const needsColon = word === '' || word.startsWith(':') || word.includes(' ');
    if (!needsColon) return;
    if (i < last) throw new Error(`${command}: parameter ${i + 1} must be one word`);
    words[i] = ':' + word;
  });
  const entries = Object.entries(tags);
  const prefix = entries.length ? `@${entries.map(([k, v]) => `${k}=${escapeTag(v)}`).join(';')} ` : '';
  return prefix + [command, ...words].join(' ');
}

function unescapeTag(value: string): string {
  return value.replace(/\\(.?)/g, (_, c: string) => UNESCAPE[c] ?? c);
}

function escapeTag(value: string): string {
  return value.replace(/[; \\\r\n]/g, (c) => ESCAPE[c] ?? c);
}
