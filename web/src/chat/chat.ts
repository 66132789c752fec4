// What the page knows: who we are, our rooms, the state of the connection. No DOM, no socket: lines come in through
// handle() (protocol.ts), go out through `send`, and `changed` tells the view.
import { fold, formatLine } from '../irc/line';
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
  listing: Listing[] | null = null; // rooms of the server; null: it does not tell
  notice = ''; // one sentence for the user, about no room

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
