// Sends the user's lines and tracks which of them the server has.
//
// A line is pending until its echo arrives. It is sent again only if history has been read from where it was typed and
// does not contain it. If history does not reach back that far, the user decides. The server answers in order: if the PONG
// to a later ping arrives before the echo, the server refused the line.
import { formatLine } from '../irc/line';
import { messagesOf } from '../irc/split';
import { t } from '../i18n';
import { newId, type Chat } from './chat';
import type { Pending, Room } from './room';

export const ID_TAG = '+loquat/id';

export class Outbox {
  constructor(private chat: Chat) {}

  say(room: Room, kind: 'say' | 'act', input: string): void {
    for (const text of messagesOf(input)) {
      const after = room.lastMsgid;
      const id = newId();
      room.pending.push({ id, kind, text, time: Date.now(), after, connection: 0, ping: 0, failed: '' });
    }
    if (room.unread === 0) room.newFrom = '';
    if (this.chat.phase === 'online' && !room.joined && !room.isQuery) this.chat.command('JOIN', room.name);
    this.flush(room, true);
  }

  // Sends the pending lines. `sure`: all of history since the oldest of them has been read.
  flush(room: Room, sure: boolean): void {
    if (this.ready(room)) {
      for (const line of [...room.pending]) {
        if (line.failed || line.connection === this.chat.connection) continue;
        if (line.connection === 0 || sure || room.covers(line)) this.transmit(room, line);
        else line.failed = t('maybeSent');
      }
    }
    this.chat.persist();
    this.chat.touch(room);
  }

  retry(room: Room, id: string): void {
    const line = room.pending.find((pending) => pending.id === id);
    if (!line) return;
    line.failed = '';
    line.connection = 0;
    if (this.chat.phase === 'online' && !room.joined && !room.isQuery) this.chat.command('JOIN', room.name);
    this.flush(room, true);
  }

  discard(room: Room, id: string): void {
    room.pending = room.pending.filter((pending) => pending.id !== id);
    this.chat.persist();
    this.chat.touch(room);
  }

  // The server refused the line with this label. Returns false if no line has it.
  refuse(id: string, why: string): boolean {
    for (const room of this.chat.rooms.values()) {
      const line = room.pending.find((pending) => pending.id === id);
      if (line) return this.fail(room, line, why), true;
    }
    return false;
  }

  // The server refused a line of `room` without saying which one. It answers in order, so it was the oldest.
  refuseOldest(room: Room, why: string): boolean {
    const line = room.pending.find((p) => !p.failed && p.connection === this.chat.connection);
    if (line) this.fail(room, line, why);
    return line !== undefined;
  }

  refuseAll(room: Room, why: string): void {
    for (const line of room.pending) if (!line.failed) this.fail(room, line, why);
  }

  // The answer to ping number `ping`: lines that were sent before it and have no echo were refused.
  pong(ping: number): void {
    for (const room of this.chat.rooms.values()) {
      for (const line of room.pending) {
        const sentBefore = line.connection === this.chat.connection && line.ping < ping;
        if (sentBefore && !line.failed) this.fail(room, line, t('refused'));
      }
    }
  }

  // True if a line on this connection has no echo, and no ping was sent after it.
  get awaitsEcho(): boolean {
    for (const room of this.chat.rooms.values()) {
      for (const line of room.pending) {
        if (line.connection === this.chat.connection && !line.failed && line.ping === this.chat.pingsSent) return true;
      }
    }
    return false;
  }

  private ready(room: Room): boolean {
    return this.chat.phase === 'online' && !room.catchingUp && (room.joined || room.isQuery);
  }

  private transmit(room: Room, line: Pending): void {
    const tags: Record<string, string> = {};
    if (this.chat.caps.has('message-tags')) tags[ID_TAG] = line.id;
    if (this.chat.caps.has('labeled-response')) tags.label = line.id;
    line.connection = this.chat.connection;
    line.ping = this.chat.pingsSent;
    const text = line.kind === 'act' ? `\x01ACTION ${line.text}\x01` : line.text;
    this.chat.send(formatLine('PRIVMSG', [room.name, text], tags));
  }

  private fail(room: Room, line: Pending, why: string): void {
    line.failed = why;
    this.chat.persist();
    this.chat.touch(room);
  }
}
