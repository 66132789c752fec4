// What each line of the server means. Numerics are in numerics.ts.
import { fold, type IrcLine } from '../irc/line';
import { clean } from '../irc/text';
import { t } from '../i18n';
import { newId } from './chat';
import { lineOf, timeOf } from './incoming';
import { numeric } from './numerics';
import { ID_TAG } from './outbox';
import { activate, arrived } from './reading';
import type { Room, RoomEvent } from './room';
import type { Session } from './session';

type Handler = (session: Session, line: IrcLine) => void;

export function handle(session: Session, line: IrcLine): void {
  if (line.command === 'BATCH') return session.history.onBatch(line);
  if (session.history.takes(line)) return;
  if (/^\d{3}$/.test(line.command)) return numeric(session, line);
  HANDLERS[line.command]?.(session, line);
}

const HANDLERS: Record<string, Handler> = {
  PING: ({ chat }, line) => chat.command('PONG', line.params[0] ?? ''),

  PONG: ({ outbox }, line) => {
    const number = /^p(\d+)$/.exec(line.params[line.params.length - 1] ?? '');
    if (number) outbox.pong(Number(number[1]));
  },

  CAP: ({ registration }, line) => registration.onCap(line),

  PRIVMSG: message,
  NOTICE: message,

  JOIN: (session, line) => {
    const { chat } = session;
    const name = line.params[0] ?? '';
    if (!chat.isMe(line.nick)) {
      const room = chat.room(name);
      room?.members.set(fold(line.nick), { nick: line.nick, op: false });
      return room && event(session, room, line, { type: 'join' });
    }
    const room = chat.openRoom(name);
    room.joined = true;
    room.members = new Map();
    if (session.wantActive === room.key || !chat.activeRoom) {
      session.wantActive = '';
      activate(chat, room);
    }
    session.history.catchUp(room);
    chat.persist();
    chat.touch(room);
  },

  PART: (session, line) => {
    const { chat } = session;
    const room = chat.room(line.params[0] ?? '');
    if (!room) return;
    if (chat.isMe(line.nick)) return session.forget(room);
    room.members.delete(fold(line.nick));
    event(session, room, line, { type: 'part' });
  },

  QUIT: (session, line) => {
    for (const room of session.chat.rooms.values()) {
      if (room.members.delete(fold(line.nick))) event(session, room, line, { type: 'quit' });
    }
    session.registration.reclaim(line.nick);
  },

  KICK: (session, line) => {
    const { chat } = session;
    const [name = '', nick = '', why = ''] = line.params;
    const room = chat.room(name);
    if (!room) return;
    room.members.delete(fold(nick));
    if (chat.isMe(nick)) {
      room.joined = false;
      return chat.tell(room, t('kicked', line.nick, clean(why)), 'error');
    }
    event(session, room, { ...line, nick }, { type: 'kick', detail: line.nick });
  },

  NICK: (session, line) => {
    const { chat } = session;
    const nick = line.params[0] ?? '';
    const mine = chat.isMe(line.nick);
    if (mine) chat.nick = nick;
    for (const room of chat.rooms.values()) {
      const member = room.members.get(fold(line.nick));
      if (!member) continue;
      room.members.delete(fold(line.nick));
      room.members.set(fold(nick), { ...member, nick });
      event(session, room, line, { type: 'nick', detail: nick });
    }
    const query = chat.room(line.nick);
    if (query?.isQuery && !mine && !chat.room(nick)) {
      chat.rooms.delete(query.key);
      const active = chat.active === query.key;
      query.rename(nick);
      chat.rooms.set(query.key, query);
      if (active) chat.active = query.key;
    }
    if (!mine) session.registration.reclaim(line.nick);
    chat.persist();
    chat.touch();
  },

  TOPIC: (session, line) => {
    const room = session.chat.room(line.params[0] ?? '');
    if (!room) return;
    room.topic = clean(line.params[1] ?? '');
    event(session, room, line, { type: 'topic', detail: room.topic });
  },

  MODE: ({ chat }, line) => {
    const room = chat.room(line.params[0] ?? '');
    if (!room) return;
    const args = line.params.slice(2);
    let on = true;
    for (const letter of line.params[1] ?? '') {
      if (letter === '+' || letter === '-') on = letter === '+';
      else if ('ovhbk'.includes(letter) || (letter === 'l' && on)) {
        const member = room.members.get(fold(args.shift() ?? ''));
        if (letter === 'o' && member) member.op = on;
      }
    }
    chat.touch(room);
  },

  // Nothing to say to a labelled request.
  ACK: ({ history }, line) => void history.refused(line.tags.get('label') ?? '', true),

  FAIL: (session, line) => {
    const [command = '', , ...context] = line.params;
    const label = line.tags.get('label') ?? '';
    const why = clean(line.params[line.params.length - 1] ?? '');
    if (command.toUpperCase() === 'CHATHISTORY' && session.history.refused(label)) return;
    if (label && session.outbox.refuse(label, why)) return;
    const room = context.map((word) => session.chat.room(word)).find((found) => found);
    if (room && command.toUpperCase() === 'PRIVMSG' && session.outbox.refuseOldest(room, why)) return;
    session.chat.tell(room ?? session.chat.activeRoom, why, 'error');
  },

  ERROR: ({ chat }, line) => {
    chat.reason = clean(line.params[0] ?? '');
    chat.touch();
  },
};

HANDLERS.WARN = HANDLERS.NOTE = ({ chat }, line) =>
  chat.tell(chat.activeRoom, clean(line.params[line.params.length - 1] ?? ''));

function message(session: Session, line: IrcLine): void {
  const { chat } = session;
  const target = (line.params[0] ?? '').replace(/^[@+](?=#)/, '');
  if (!line.source.includes('!') && line.command === 'NOTICE') {
    // The server speaks.
    return chat.tell(chat.room(target) ?? chat.activeRoom, clean(line.params[1] ?? ''));
  }
  const parsed = lineOf(chat, line);
  if (!parsed) return;
  const room = /^[#&]/.test(target) ? chat.room(target) : queryRoom(session, parsed.mine ? target : line.nick);
  if (!room || !room.receive(parsed, line.tags.get(ID_TAG) ?? '')) return;
  arrived(chat, room, parsed);
  trimUnseen(session, room);
  chat.persist();
  chat.touch(room);
}

function queryRoom(session: Session, nick: string): Room {
  const known = session.chat.room(nick);
  if (known) return known;
  const room = session.chat.openRoom(nick);
  session.history.catchUp(room);
  return room;
}

// What the user reads now is not taken away.
function trimUnseen({ chat }: Session, room: Room): void {
  if (chat.activeRoom !== room || chat.watching()) room.trim();
}

function event(session: Session, room: Room, line: IrcLine, what: RoomEvent): void {
  const { chat } = session;
  room.receive({
    key: newId(),
    msgid: '',
    time: timeOf(line),
    nick: line.nick,
    kind: 'event',
    text: '',
    mine: chat.isMe(line.nick),
    event: what,
  });
  trimUnseen(session, room);
  chat.touch(room);
}
