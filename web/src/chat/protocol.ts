// Applies the server's lines to the chat. Numbered replies are in replies.ts.
import type { IrcLine } from '../irc/line';
import { fold, isRoomName } from '../irc/names';
import { clean } from '../irc/text';
import { newId, type Chat } from './chat';
import { errorText, noticeText } from './errors';
import { lineOf, timeOf } from './incoming';
import { outText } from './out';
import { ID_TAG } from './outbox';
import type { Parts } from './parts';
import { onArrival } from './reading';
import { removalOf, setRemoval } from './removal';
import { onReply } from './replies';
import type { Room, RoomEvent } from './room';

type Handler = (parts: Parts, line: IrcLine) => void;

export function handle(parts: Parts, line: IrcLine): void {
  if (line.command === 'BATCH') return parts.history.onBatch(line);
  if (parts.history.takes(line)) return;
  const msgid = line.tags.get('msgid') ?? '';
  if (Number(msgid) > Number(parts.chat.lastLive)) parts.chat.lastLive = msgid;
  if (/^\d{3}$/.test(line.command)) return onReply(parts, line);
  HANDLERS[line.command]?.(parts, line);
}

const HANDLERS: Record<string, Handler> = {
  PING: ({ chat }, line) => chat.command('PONG', line.params[0] ?? ''),

  PONG: ({ outbox }, line) => {
    const number = /^p(\d+)$/.exec(line.params[line.params.length - 1] ?? '');
    if (number) outbox.pong(Number(number[1]));
  },

  CAP: ({ registration }, line) => registration.onCap(line),

  RESUME: ({ chat }, line) => {
    chat.token = line.params[0] ?? '';
    chat.persist();
  },

  PRIVMSG: message,
  NOTICE: message,

  JOIN: ({ chat, history }, line) => {
    const name = line.params[0] ?? '';
    if (!chat.isMe(line.nick)) {
      const room = chat.room(name);
      room?.members.set(fold(line.nick), { nick: line.nick, op: false });
      return room && event(chat, room, line, { type: 'join' });
    }
    const room = chat.openRoom(name);
    room.joined = true;
    room.out = null;
    room.members = new Map();
    if (chat.joining === room.key || !chat.activeRoom) {
      chat.joining = '';
      chat.activate(room);
    }
    history.catchUp(room);
    chat.persist();
    chat.touch(room);
  },

  PART: ({ chat }, line) => {
    const room = chat.room(line.params[0] ?? '');
    if (!room) return;
    if (chat.isMe(line.nick)) return chat.forget(room);
    room.members.delete(fold(line.nick));
    const why = clean(line.params[1] ?? '').replace(/^"(.*)"$/, '$1'); // the server quotes it; the page has marks of its own
    event(chat, room, line, { type: 'part', why });
  },

  QUIT: ({ chat, registration }, line) => {
    const why = clean(line.params[0] ?? '');
    for (const room of chat.rooms.values()) {
      if (room.members.delete(fold(line.nick))) event(chat, room, line, { type: 'quit', why });
    }
    registration.reclaim(line.nick);
  },

  KICK: ({ chat, outbox }, line) => {
    const [name = '', nick = ''] = line.params;
    const why = clean(line.params[2] ?? '');
    const room = chat.room(name);
    if (!room) return;
    room.members.delete(fold(nick));
    if (chat.isMe(nick)) {
      outbox.shut(room, { by: line.nick, why });
      return chat.tell(room, outText(room), 'error');
    }
    event(chat, room, { ...line, nick }, { type: 'kick', detail: line.nick, why });
  },

  NICK: ({ chat, registration }, line) => {
    const nick = line.params[0] ?? '';
    const mine = chat.isMe(line.nick);
    if (mine) chat.nick = nick;
    for (const room of chat.rooms.values()) {
      const member = room.members.get(fold(line.nick));
      if (!member) continue;
      room.members.delete(fold(line.nick));
      room.members.set(fold(nick), { ...member, nick });
      event(chat, room, line, { type: 'nick', detail: nick });
    }
    const query = chat.room(line.nick);
    if (query?.isQuery && !mine && !chat.room(nick)) {
      chat.rooms.delete(query.key);
      const active = chat.active === query.key;
      query.rename(nick);
      chat.rooms.set(query.key, query);
      if (active) chat.active = query.key;
    }
    if (!mine) registration.reclaim(line.nick);
    chat.persist();
    chat.touch();
  },

  TOPIC: ({ chat }, line) => {
    const room = chat.room(line.params[0] ?? '');
    if (!room) return;
    room.topic = clean(line.params[1] ?? '');
    event(chat, room, line, { type: 'topic', detail: room.topic });
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

  // The answer to a labelled request is empty.
  ACK: ({ history }, line) => void history.refused(line.tags.get('label') ?? '', true),

  FAIL: ({ chat, outbox, history }, line) => {
    const [command = '', , ...context] = line.params;
    const label = line.tags.get('label') ?? '';
    const why = errorText(line, line.params[1]);
    if (command.toUpperCase() === 'CHATHISTORY' && history.refused(label)) return;
    if (command.toUpperCase() === 'RESUME') return resumeFailed(chat);
    if (label && outbox.refuse(label, why)) return;
    const room = context.map((word) => chat.room(word)).find((found) => found);
    if (room && command.toUpperCase() === 'PRIVMSG' && outbox.refuseOldest(room, why)) return;
    chat.tell(room ?? chat.activeRoom, why, 'error');
  },

  KILL: ({ chat }, line) => {
    const [nick = '', text = ''] = line.params;
    const why = /^\S+ \((.*)\)$/.exec(text)?.[1] ?? text; // "ada (spam)", as servers pass a KILL on
    if (chat.isMe(nick)) setRemoval(chat, { banned: false, by: line.nick, why: clean(why) });
  },

  ERROR: ({ chat }, line) => {
    chat.reason = clean(line.params[0] ?? '').replace(/^Closing link: /i, '');
    setRemoval(chat, removalOf(chat.reason));
    chat.touch();
  },
};

HANDLERS.WARN = HANDLERS.NOTE = ({ chat }, line) =>
  chat.tell(chat.activeRoom, clean(line.params[line.params.length - 1] ?? ''));

// The old session is long gone, or the server has lost its history and counts from the start again.
function resumeFailed(chat: Chat): void {
  chat.lastLive = '0';
  chat.persist();
}

function message({ chat, history, outbox }: Parts, line: IrcLine): void {
  const target = (line.params[0] ?? '').replace(/^[@+](?=#)/, '');
  if (!line.source.includes('!') && line.command === 'NOTICE') {
    // A notice from the server itself, perhaps about somebody.
    const text = clean(line.params[1] ?? '');
    const about = chat.room(/^(\S+) lost the connection\./.exec(text)?.[1] ?? target);
    return chat.tell(about ?? chat.activeRoom, noticeText(text));
  }
  const parsed = lineOf(chat, line);
  if (!parsed) return;
  const room = isRoomName(target) ? chat.room(target) : history.openQuery(parsed.mine ? target : line.nick);
  if (!room || !room.receive(parsed, line.tags.get(ID_TAG) ?? '')) return;
  if (parsed.mine) outbox.next();
  onArrival(chat, room, parsed);
  trimUnseen(chat, room);
  chat.persist();
  chat.touch(room);
}

// Trims a long room, unless the user is reading its older lines.
function trimUnseen(chat: Chat, room: Room): void {
  if (chat.activeRoom !== room || chat.watching()) room.trim();
}

function event(chat: Chat, room: Room, line: IrcLine, what: RoomEvent): void {
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
  trimUnseen(chat, room);
  chat.touch(room);
}
