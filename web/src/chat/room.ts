// The lines of one room or private conversation, in the server's order, each once.
//
// Invariants:
//   1. `lines` holds the server's lines in the server's order; each msgid occurs once.
//   2. `pending` holds the user's lines without an echo, in the order typed. A line leaves it when its echo arrives (live
//      or in history) or the user discards it. So no line is lost and none is shown twice.
//   3. While the room catches up, live lines wait in `held`, because the missed ones come before them.
import { fold, isRoomName } from '../irc/names';

export type LineKind = 'say' | 'act' | 'notice' | 'event' | 'info' | 'error';

export type RoomEvent =
  | { type: 'join' }
  | { type: 'part' | 'quit'; why: string }
  | { type: 'nick' | 'topic'; detail: string }
  | { type: 'kick'; detail: string; why: string };

export interface Line {
  key: string; // never changes while the line is on screen: its id if the user wrote it here, else its msgid
  msgid: string; // '' if history does not keep the line
  time: number; // milliseconds since 1970
  nick: string;
  kind: LineKind;
  text: string;
  mine: boolean;
  event?: RoomEvent;
}

export interface Pending {
  id: string; // the tag +loquat/id
  kind: 'say' | 'act';
  text: string;
  time: number;
  after: string; // the room's last msgid when it was typed
  connection: number; // the connection on which it was last sent; 0: never sent
  ping: number; // how many pings had been sent before it
  failed: string; // why sending failed; '' while the line waits
  secret?: boolean; // the server took it for a password: it is not stored
}

// A longer room is trimmed while nobody reads its old lines; scrolling back reads them again.
const KEEP = 1500;
const TRIM_TO = 1000;

export class Room {
  key: string;
  lines: Line[] = [];
  pending: Pending[] = [];
  members = new Map<string, Member>();
  topic = '';
  joined = false;
  out: Out | null = null; // set: the user stays out until asking to come in again
  catchingUp = false;
  loadingOlder = false;
  complete = false; // the first line is the room's first
  noHistory = false; // the server keeps no history of this room
  version = 0; // grows with every visible change
  // Kept by reading.ts.
  unread = 0;
  mentions = 0;
  newFrom = ''; // key of the first unread line, which the "new" mark precedes
  draft = '';
  sent: string[] = []; // what the user wrote here, oldest first (recall.ts)
  private known = new Set<string>();
  private held: Line[] = [];

  constructor(public name: string) {
    this.key = fold(name);
  }

  get isQuery(): boolean {
    return !isRoomName(this.name);
  }

  // The last msgid that history knows, or ''.
  get lastMsgid(): string {
    for (let i = this.lines.length - 1; i >= 0; i--) if (this.lines[i]!.msgid) return this.lines[i]!.msgid;
    return '';
  }

  get firstMsgid(): string {
    return this.lines.find((line) => line.msgid)?.msgid ?? '';
  }

  has(msgid: string): boolean {
    return this.known.has(msgid);
  }

  // Adds a live line. Returns false if the room has it already.
  receive(line: Line, id = ''): boolean {
    if (line.msgid && this.known.has(line.msgid)) return false;
    if (this.settle(id)) line.key = id;
    if (line.msgid) this.known.add(line.msgid);
    (this.catchingUp ? this.held : this.lines).push(line);
    return true;
  }

  // Adds missed lines, oldest first. Returns the ones that were new.
  append(page: { line: Line; id: string }[]): Line[] {
    const fresh: Line[] = [];
    for (const { line, id } of page) {
      // The line also arrived live: it moves from `held` to its place.
      const waiting = this.held.findIndex((held) => held.msgid === line.msgid);
      if (waiting >= 0) {
        this.lines.push(...this.held.splice(waiting, 1));
        continue;
      }
      if (this.known.has(line.msgid)) continue;
      this.known.add(line.msgid);
      if (this.settle(id)) line.key = id;
      this.lines.push(line);
      fresh.push(line);
    }
    return fresh;
  }

  // Adds older lines, oldest first, at the top. Returns how many were new.
  prepend(page: { line: Line; id: string }[]): number {
    const fresh = page.filter(({ line }) => !this.known.has(line.msgid));
    for (const { line, id } of fresh) {
      this.known.add(line.msgid);
      if (this.settle(id)) line.key = id;
    }
    this.lines.unshift(...fresh.map(({ line }) => line));
    return fresh.length;
  }

  beginCatchUp(): void {
    this.catchingUp = true;
  }

  endCatchUp(): void {
    this.catchingUp = false;
    this.lines.push(...this.held);
    this.held = [];
  }

  // The connection was lost while catching up. Drops the live lines that history will bring again, in their place.
  abandonCatchUp(): void {
    if (!this.catchingUp) return;
    if (this.isQuery) return this.endCatchUp();
    for (const line of this.held) if (line.msgid) this.known.delete(line.msgid);
    this.held = this.held.filter((line) => !line.msgid);
    this.endCatchUp();
  }

  rename(name: string): void {
    this.name = name;
    this.key = fold(name);
  }

  // Forgets all lines, because the missed ones cannot be joined to them.
  restart(): void {
    this.lines = [];
    this.known.clear();
    for (const line of this.held) if (line.msgid) this.known.add(line.msgid);
    this.complete = false;
  }

  // Drops the oldest lines of a long room.
  trim(): void {
    if (this.lines.length <= KEEP) return;
    for (const line of this.lines.splice(0, this.lines.length - TRIM_TO)) this.known.delete(line.msgid);
    this.complete = false;
  }

  // True if history has been read from where `pending` was typed: if it has no echo there, the line was lost.
  covers(pending: Pending): boolean {
    return this.complete || (pending.after !== '' && this.known.has(pending.after));
  }

  private settle(id: string): boolean {
    if (!id) return false;
    const at = this.pending.findIndex((pending) => pending.id === id);
    if (at < 0) return false;
    this.pending.splice(at, 1);
    return true;
  }
}

// Why the user is not in a room.
export interface Out {
  by: string; // who removed the user; '': the server did not let the user in
  why: string;
}

export interface Member {
  nick: string;
  op: boolean;
}
