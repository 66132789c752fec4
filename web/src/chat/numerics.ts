// The server's numbered replies.
import { fold, type IrcLine } from '../irc/line';
import { clean } from '../irc/text';
import { t } from '../i18n';
import type { Chat } from './chat';
import type { Session } from './session';

export function numeric(session: Session, line: IrcLine): void {
  const code = Number(line.command);
  const reply = REPLIES[code];
  if (reply) return reply(session, line);
  if (code >= 400 && code < 600) error(session, line);
}

const names = new WeakMap<Chat, Map<string, string[]>>();

type Reply = (session: Session, line: IrcLine) => void;
const nothing: Reply = () => {};

const REPLIES: Record<number, Reply> = {
  1: (session, line) => {
    session.chat.nick = line.params[0] ?? session.chat.wanted;
    session.welcomed();
  },

  5: ({ chat }, line) => {
    for (const word of line.params.slice(1, -1)) {
      const [key, value = ''] = word.split('=');
      const most = Number(value);
      if (key === 'CHATHISTORY' && most > 0) chat.historyLimit = Math.min(100, most);
    }
  },

  321: ({ chat }) => {
    chat.listing = [];
  },
  322: ({ chat }, line) => {
    const [, name = '', members = '0', topic = ''] = line.params;
    chat.listing = [...(chat.listing ?? []).filter((room) => room.name !== name)];
    chat.listing.push({ name, members: Number(members) || 0, topic: clean(topic) });
    chat.touch();
  },
  323: ({ chat }) => chat.touch(),

  331: ({ chat }, line) => setTopic(chat, line.params[1], ''),
  332: ({ chat }, line) => setTopic(chat, line.params[1], line.params[2]),

  353: ({ chat }, line) => {
    const pending = names.get(chat) ?? new Map<string, string[]>();
    names.set(chat, pending);
    const key = fold(line.params[2] ?? '');
    const more = (line.params[3] ?? '').split(' ').filter((word) => word !== '');
    pending.set(key, [...(pending.get(key) ?? []), ...more]);
  },
  366: ({ chat }, line) => {
    const room = chat.room(line.params[1] ?? '');
    const list = names.get(chat)?.get(fold(line.params[1] ?? ''));
    names.get(chat)?.delete(fold(line.params[1] ?? ''));
    if (!room || !list) return;
    room.members = new Map();
    for (const word of list) {
      const nick = word.replace(/^[~&@%+]+/, '').split('!')[0]!;
      room.members.set(fold(nick), { nick, op: /^[~&@]/.test(word) });
    }
    chat.touch(room);
  },

  352: (session, line) => {
    const [, , user = '', host = '', , nick = ''] = line.params;
    (session.who ??= []).push(`${nick} (${user}@${host})`);
  },
  315: (session, line) => {
    const who = session.who ?? [];
    session.who = null;
    const { chat } = session;
    chat.tell(chat.room(line.params[1] ?? '') ?? chat.activeRoom, t('whoAnswer', who.length, clean(who.join(', '))));
  },

  381: ({ chat }) => chat.tell(chat.activeRoom, t('youAreOperator')),

  421: (session, line) => {
    const command = (line.params[1] ?? '').toUpperCase();
    if (command === 'LIST') session.chat.listing = null;
    else if (command !== 'CHATHISTORY' || !session.history.refused(line.tags.get('label') ?? '')) error(session, line);
  },
  422: nothing,
  432: (session, line) => {
    if (session.chat.phase === 'online') error(session, line);
    else session.registration.onRefused();
  },
  433: taken,
  436: taken,
  437: taken,
  451: nothing,
};

function taken(session: Session, line: IrcLine): void {
  if (session.chat.phase !== 'online') return session.registration.onTaken();
  session.chat.nickProblem = t('nameTaken', line.params[1] ?? '');
  session.chat.tell(session.chat.activeRoom, session.chat.nickProblem, 'error');
}

function setTopic(chat: Chat, name = '', topic = ''): void {
  const room = chat.room(name);
  if (!room) return;
  room.topic = clean(topic);
  chat.touch(room);
}

// 403 405 471 473 474 475 476 477: we are not let into a room.
const NOT_LET_IN = new Set(['403', '405', '471', '473', '474', '475', '476', '477']);

function error(session: Session, line: IrcLine): void {
  const { chat, outbox, history } = session;
  const why = clean(line.params[line.params.length - 1] ?? '');
  const label = line.tags.get('label') ?? '';
  if (label && (outbox.refuse(label, why) || history.refused(label))) return;
  const target = line.params.length > 2 ? line.params[1]! : '';
  const room = chat.room(target);
  if (NOT_LET_IN.has(line.command)) session.wantActive = '';
  if (room && NOT_LET_IN.has(line.command)) outbox.refuseAll(room, why);
  else if (room && ['401', '404'].includes(line.command) && outbox.refuseOldest(room, why)) return;
  chat.tell(room ?? chat.activeRoom, target && !room ? `${clean(target)}: ${why}` : why, 'error');
}
