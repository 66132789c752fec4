// Sends the user's lines and tracks which of them the server has.
//
// A line is pending until its echo arrives. It is sent again only if history has been read from where it was typed and
// does not contain it. If history does not reach back that far, the user decides. The server answers in order: if the PONG
// to a later ping arrives before the echo, the server refused the line. Only a few lines are on their way at a time: the
// server reads a fast client more slowly, and what still waits here can be discarded.
import { formatLine } from '../irc/line';
import { messagesOf } from '../irc/split';
import { t } from '../i18n';
import { newId, type Chat } from './chat';
import { outText } from './out';
import type { Out, Pending, Room } from './room';

export const ID_TAG = '+loquat/id';

const AHEAD = 8; // lines on their way, of all rooms

export class Outbox {
  constructor(private chat: Chat) {}

  say(room: Room, kind: 'say' | 'act', input: string): void {
    for (const text of messagesOf(input)) {
      const after = room.lastMsgid;
      const id = newId();
      room.pending.push({ id, kind, text, time: Date.now(), after, connection: 0, ping: 0, failed: '' });
    }
    if (room.unread === 0) room.newFrom = '';
    this.enter(room);
    this.flush(room, true);
  }

  // Sends the pending lines. `sure`: all of history since the oldest of them has been read.
  flush(room: Room, sure: boolean): void {
    if (this.ready(room)) {
      for (const line of [...room.pending]) {
        if (line.failed || line.connection === this.chat.connection) continue;
        if (line.connection !== 0 && !sure && !room.covers(line)) {
          line.failed = t('maybeSent');
          continue;
        }
        line.connection = 0;
        if (this.onTheirWay < AHEAD) this.transmit(room, line);
      }
    }
    this.chat.persist();
    this.chat.touch(room);
  }

  // A line has its echo, or was refused: the next ones are sent.
  next(): void {
    for (const room of this.chat.rooms.values()) if (this.waiting(room) > 0) this.flush(room, false);
  }

  // How many lines of an open room have not been sent yet.
  waiting(room: Room): number {
    return this.ready(room) ? room.pending.filter((line) => !line.failed && line.connection === 0).length : 0;
  }

  discardWaiting(room: Room): void {
    room.pending = room.pending.filter((line) => line.failed || line.connection !== 0);
    this.chat.persist();
    this.chat.touch(room);
  }

  retry(room: Room, id: string): void {
    const line = room.pending.find((pending) => pending.id === id);
    if (!line) return;
    line.failed = room.out ? outText(room) : '';
    line.connection = 0;
    this.enter(room);
    this.flush(room, true);
  }

  discard(room: Room, id: string): void {
    room.pending = room.pending.filter((pending) => pending.id !== id);
    this.chat.persist();
    this.chat.touch(room);
  }

  // The server refused the line with this label. Returns false if no line has it.
  refuse(id: string, why: string, secret = false): boolean {
    for (const room of this.chat.rooms.values()) {
      const line = room.pending.find((pending) => pending.id === id);
      if (!line) continue;
      this.fail(room, line, why, secret);
      this.next();
      return true;
    }
    return false;
  }

  // The server refused a line of `room` without saying which one. It answers in order, so it was the oldest.
  refuseOldest(room: Room, why: string, secret = false): boolean {
    const line = room.pending.find((p) => !p.failed && p.connection === this.chat.connection);
    if (!line) return false;
    this.fail(room, line, why, secret);
    this.next();
    return true;
  }

  // The user is not in `room`, and what waits for it is not sent.
  shut(room: Room, out: Out): void {
    room.joined = false;
    room.out = out;
    for (const line of room.pending) line.failed ||= outText(room);
    this.chat.persist();
    this.chat.touch(room);
  }

  // The answer to ping number `ping`: lines that were sent before it and have no echo were refused.
  pong(ping: number): void {
    for (const room of this.chat.rooms.values()) {
      for (const line of room.pending) {
        const sentBefore = line.connection === this.chat.connection && line.ping < ping;
        if (sentBefore && !line.failed) this.fail(room, line, t('refused'));
      }
    }
    this.next();
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

  private get onTheirWay(): number {
    let count = 0;
    for (const { pending } of this.chat.rooms.values()) {
      for (const line of pending) if (!line.failed && line.connection === this.chat.connection) count++;
    }
    return count;
  }

  // Asks for a room again that did not let the user in. After a kick only the user asks (Session.join).
  private enter(room: Room): void {
    const outside = !room.joined && !room.isQuery && !room.out;
    if (outside && this.chat.phase === 'online') this.chat.command('JOIN', room.name);
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

  private fail(room: Room, line: Pending, why: string, secret = false): void {
    line.failed = why;
    if (secret) this.forget(line);
    this.chat.persist();
    this.chat.touch(room);
  }

  // The line is shown until the user discards it, and kept nowhere else. "/msg #b text" was typed in another room.
  private forget(line: Pending): void {
    line.secret = true;
    for (const room of this.chat.rooms.values()) {
      const kept = room.sent.filter((input) => !input.includes(line.text));
      room.sent.splice(0, room.sent.length, ...kept);
    }
  }
}
