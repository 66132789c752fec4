// Gathers the lines that answer WHOIS and WHO into one sentence each.
//
// Source: RFC 2812 s.3.6, modern.ircdocs.horse.
import { t } from '../i18n';
import type { IrcLine } from '../irc/line';
import * as code from '../irc/numerics';
import { clean, quoted } from '../irc/text';

// The parts of a WHOIS answer, in the order in which the server gives them.
export class Whois {
  private parts: string[] = [];
  private nick = '';

  // Returns false for a numeric that belongs to no WHOIS.
  takes({ command, params }: IrcLine): boolean {
    const [, nick = '', ...rest] = params;
    const last = clean(rest[rest.length - 1] ?? '');
    const add = (text: string) => (this.parts.push(text), true);
    switch (command) {
      case code.RPL_WHOISUSER:
        this.nick = clean(nick);
        this.parts = last && last !== nick ? [t('whoisName', quoted(last))] : [];
        return true;
      case code.RPL_WHOISCHANNELS:
        return add(t('whoisRooms', last.trim()));
      case code.RPL_WHOISOPERATOR:
        return add(t('whoisOperator'));
      case code.RPL_WHOISACCOUNT:
        return add(t('whoisAccount', clean(rest[0] ?? '')));
      case code.RPL_WHOISIDLE:
        return add(t('whoisIdle', Math.round(Number(rest[0]) / 60) || 0));
      case code.RPL_AWAY:
        return this.nick === clean(nick) && add(t('whoisAway', quoted(last)));
      default:
        return false;
    }
  }

  // The answer is complete. '' if there was nobody: an error has said so.
  end(): string {
    const { nick, parts } = this;
    this.nick = '';
    this.parts = [];
    if (!nick) return '';
    return t('whoisAnswer', nick, parts.join(t('listSeparator')) || t('whoisNothing'));
  }
}

// One person in an answer to WHO. Flags: H or G (away), '*' for an operator of the server, '@' for one of the room.
export function whoEntry({ params }: IrcLine): string {
  const [, , , , , nick = '', flags = ''] = params;
  const marks = [/[*@]/.test(flags) && t('whoOperator'), flags.startsWith('G') && t('whoAway')].filter(Boolean);
  return marks.length ? `${nick} (${marks.join(', ')})` : nick;
}
