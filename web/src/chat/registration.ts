// From an open socket to the server's welcome: negotiates capabilities and finds a name that is free.
//
// After a lost connection the old session may still hold the name. RESUME with the token that the server gave it ends it.
//
// Source: RFC 2812 s.3.1, IRCv3 "Capability Negotiation", docs/irc.md "Lost connections".
import type { IrcLine } from '../irc/line';
import { NICK_BYTES } from '../irc/limits';
import { fold } from '../irc/names';
import { splitText } from '../irc/split';
import type { Chat } from './chat';

const WANTED_CAPS = [
  'server-time', 'message-tags', 'echo-message', 'batch', 'labeled-response', 'draft/chathistory', 'multi-prefix', 'standard-replies',
  'loquat/resume',
];

export class Registration {
  private offered = new Set<string>();
  private attempt = 0;
  private asked = '';

  constructor(private chat: Chat) {}

  begin(): void {
    this.offered.clear();
    this.attempt = 0;
    this.asked = this.chat.wanted;
    this.chat.caps.clear();
    this.chat.command('CAP', 'LS', '302');
    if (this.chat.key) this.chat.command('PASS', this.chat.key);
    if (this.chat.token) this.chat.command('RESUME', this.chat.token, this.chat.lastLive);
    this.chat.command('NICK', this.asked);
    this.chat.command('USER', 'web', '0', '*', this.chat.wanted);
  }

  onCap(line: IrcLine): void {
    const [, verb = '', ...rest] = line.params;
    const more = rest.length > 1;
    const names = (rest[rest.length - 1] ?? '').split(' ').filter((name) => name !== '');
    switch (verb.toUpperCase()) {
      case 'LS': {
        for (const name of names) this.offered.add(name.split('=')[0]!);
        if (more) return;
        const wanted = WANTED_CAPS.filter((name) => this.offered.has(name));
        if (wanted.length) this.chat.command('CAP', 'REQ', wanted.join(' '));
        else this.chat.command('CAP', 'END');
        return;
      }
      case 'ACK':
        for (const name of names) this.chat.caps.add(name);
        return this.chat.command('CAP', 'END');
      case 'NAK':
        return this.chat.command('CAP', 'END');
    }
  }

  // The name is taken. Tries mei_, mei2, mei3, ...
  onTaken(): void {
    this.attempt++;
    const [base = ''] = splitText(this.chat.wanted, NICK_BYTES - 3);
    this.asked = this.attempt === 1 ? `${base}_` : `${base}${this.attempt}`;
    this.chat.command('NICK', this.asked);
  }

  // The server does not allow the name, so the user has to choose another.
  onRefused(why: string): void {
    this.chat.nickProblem = why;
    this.chat.phase = 'new';
    this.chat.touch();
  }

  // `freed` is no longer in use. Takes it if it is the name that the user wanted.
  reclaim(freed: string): void {
    const { chat } = this;
    if (!chat.isMe(chat.wanted) && fold(freed) === fold(chat.wanted)) chat.command('NICK', chat.wanted);
  }
}
