// What the page knows: the user's name, the rooms, the state of the connection. It has no DOM and no socket: lines of the
// server arrive through handle() (protocol.ts), lines to the server leave through `send`, and `changed` tells the view.
import { formatLine } from '../irc/line';
import { fold } from '../irc/names';
import { Room } from './room';

export type Phase =
  | 'new' // no name chosen yet
  | 'connecting' // the socket opens, or the server has not welcomed us
  | 'online'
  | 'waiting' // lost; the next try is at `retryAt`
  | 'left'; // the user said /quit

export interface Listing {
  name: string;
  members: number;
  topic: string;
}

export const LOBBY = '#lobby';

export class Chat {
  phase: Phase = 'new';
  wanted = ''; // the name that the user chose
  nick = ''; // the name that the server gave
  nickProblem = ''; // why the chosen name was refused
  caps = new Set<string>();
  historyLimit = 100;
  connection = 0; // counts connections
  pingsSent = 0;
  retryAt = 0;
  reason = ''; // the server's last ERROR
  everOnline = false;

  read = new Map<string, string>(); // room key -> the last msgid that the user has seen
  rooms = new Map<string, Room>();
  active = '';
  joining = ''; // key of the room that becomes active when the server lets the user in
  listing: Listing[] | null = null; // rooms of the server; null: it does not tell
  notice = ''; // one sentence for the user that belongs to no room

  // Answers of several lines of which the last has not arrived.
  namesReply = new Map<string, string[]>(); // room key -> nicks
  whoReply: string[] = [];

  send: (raw: string) => void = () => {};
  changed: () => void = () => {};
  // Whether the user sees the newest line of the active room now.
  watching: () => boolean = () => true;
  // What must survive a reload.
  persist: () => void = () => {};

  get activeRoom(): Room | undefined {
    return this.rooms.get(this.active);
  }

  room(name: string): Room | undefined {
    return this.rooms.get(fold(name));
  }

  openRoom(name: string): Room {
    let room = this.room(name);
    if (!room) {
      room = new Room(name);
      this.rooms.set(room.key, room);
      this.touch(room);
    }
    return room;
  }

  activate(room: Room | undefined): void {
    const before = this.activeRoom;
    if (before && before !== room) before.newFrom = '';
    this.active = room?.key ?? '';
    this.persist();
    this.touch(room);
  }

  // Removes a room; if it was the active one, its neighbour becomes active.
  forget(room: Room): void {
    const keys = [...this.rooms.keys()];
    const at = keys.indexOf(room.key);
    this.rooms.delete(room.key);
    this.read.delete(room.key);
    if (this.active === room.key) this.activate(this.rooms.get(keys[at - 1] ?? keys[at + 1] ?? ''));
    this.persist();
    this.touch();
  }

  // Names are compared as the server compares them.
  isMe(nick: string): boolean {
    return fold(nick) === fold(this.nick);
  }

  command(command: string, ...params: string[]): void {
    this.send(formatLine(command, params));
  }

  // Says that something visible has changed, in `room` if given.
  touch(room?: Room): void {
    if (room) room.version++;
    this.changed();
  }

  // A line by the page itself, seen by this user only.
  tell(room: Room | undefined, text: string, kind: 'info' | 'error' = 'info'): void {
    if (!room) {
      this.notice = text;
      return this.touch();
    }
    const key = newId();
    room.receive({ key, msgid: '', time: Date.now(), nick: '', kind, text, mine: false });
    this.touch(room);
  }
}

// Unique among all clients: 96 random bits.
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
