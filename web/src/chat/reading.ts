// Tracks what the user has seen: unread counts, the "new" mark, the page's title.
import { mentions } from '../irc/text';
import type { Chat } from './chat';
import type { Line, Room } from './room';

// A line arrived, live or after a lost connection.
export function onArrival(chat: Chat, room: Room, line: Line): void {
  if (line.kind === 'event' || line.kind === 'info' || line.kind === 'error') return;
  if (line.mine) {
    if (room.unread === 0) room.newFrom = '';
    if (chat.activeRoom === room) markRead(chat, room);
    return;
  }
  if (chat.activeRoom === room && chat.watching()) return markRead(chat, room);
  count(chat, room, line);
}

// The newest page of a room's history arrived, for the first time since the browser loaded the page.
export function onFirstPage(chat: Chat, room: Room): void {
  const seen = chat.read.get(room.key);
  room.unread = room.mentions = 0;
  room.newFrom = '';
  if (seen !== undefined) {
    const from = room.lines.findIndex((line) => line.msgid === seen) + 1;
    for (const line of room.lines.slice(from)) if (!line.mine && line.msgid) count(chat, room, line);
  }
  if (chat.activeRoom === room && chat.watching()) markRead(chat, room);
}

// The user sees the newest line of `room`. The "new" mark stays until the user leaves the room or writes.
export function markRead(chat: Chat, room: Room): void {
  const last = room.lastMsgid;
  const changed = room.unread !== 0 || room.mentions !== 0;
  room.unread = room.mentions = 0;
  if (last && chat.read.get(room.key) !== last) {
    chat.read.set(room.key, last);
    chat.persist();
  }
  if (changed) chat.touch(room);
}

// "(3) #lobby · Loquat"
export function titleOf(chat: Chat): string {
  let unread = 0;
  for (const room of chat.rooms.values()) unread += room.unread;
  const name = chat.activeRoom?.name;
  return `${unread ? `(${unread}) ` : ''}${name ? `${name} · ` : ''}Loquat`;
}

function count(chat: Chat, room: Room, line: Line): void {
  if (room.unread === 0) room.newFrom = line.key;
  room.unread++;
  if (room.isQuery || mentions(line.text, chat.nick)) room.mentions++;
}
