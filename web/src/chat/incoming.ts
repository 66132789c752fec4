// Turns a PRIVMSG or NOTICE into a line of a room.
import type { IrcLine } from '../irc/line';
import { t } from '../i18n';
import { bodyOf, hiddenIn } from '../irc/text';
import { newId, type Chat } from './chat';
import type { Line } from './room';

// Returns null for a CTCP query, which is never shown.
export function lineOf(chat: Chat, line: IrcLine): Line | null {
  const body = bodyOf(line.params[1] ?? '');
  if (body.ctcp) return null;
  const hidden = hiddenIn(body.text, body.action ? body.text : line.params[1] ?? '');
  const msgid = line.tags.get('msgid') ?? '';
  const kind = body.action ? 'act' : line.command === 'NOTICE' ? 'notice' : 'say';
  return {
    key: msgid || newId(),
    msgid,
    time: timeOf(line),
    nick: line.nick,
    kind,
    text: hidden ? t('blankText', hidden) : body.text,
    mine: chat.isMe(line.nick),
  };
}

export function timeOf(line: IrcLine): number {
  const time = Date.parse(line.tags.get('time') ?? '');
  return Number.isNaN(time) ? Date.now() : time;
}
