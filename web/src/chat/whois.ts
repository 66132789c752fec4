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
      case code.RPL_WHOISACTUALLY:
        return add(t('whoisAddress', clean(rest[0] ?? '')));
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

// The fields that the page asks WHO for: a token, the address, which only operators are told, the nick and flags.
export const WHO_FIELDS = '%tinf,1';

// One person in an answer to WHO. Flags: H or G (away), '*' for an operator of the server, '@' for one of the room.
export function whoEntry({ command, params }: IrcLine): string {
  const [address = '', nick = '', flags = ''] = command === code.RPL_WHOSPCRPL ? params.slice(2) : ['', ...params.slice(5)];
  const marks = [/[*@]/.test(flags) && t('whoOperator'), flags.startsWith('G') && t('whoAway'), shown(address)].filter(Boolean);
  return marks.length ? `${nick} (${marks.join(', ')})` : nick;
}

// "255.255.255.255" and "0" stand for an address that the user may not see.
function shown(address: string): string {
  return /^(?:255\.255\.255\.255|0|\*)?$/.test(address) ? '' : clean(address);
}
