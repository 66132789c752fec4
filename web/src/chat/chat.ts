// The chat's state: the user's name, the rooms, the connection. It uses neither DOM nor socket: handle() (protocol.ts)
// applies the server's lines, `send` takes lines for the server, and `changed` tells the view to redraw.
import { formatLine } from '../irc/line';
import { fold } from '../irc/names';
import { Room } from './room';
import { Whois } from './whois';

export type Phase =
  | 'new' // no name chosen yet
  | 'connecting' // the socket is opening, or registration is not complete
  | 'online'
  | 'waiting' // the connection is lost; the next attempt is at `retryAt`
  | 'removed' // an operator or a ban ended the session; the page connects again only when the user asks
  | 'left'; // the user said /quit

export interface Listing {
  name: string;
  members: number;
  topic: string;
}

export const LOBBY = '#lobby';

export interface Removal {
  banned: boolean;
  by: string; // '' if the server does not say
  why: string;
}

export class Chat {
  phase: Phase = 'new';
  wanted = ''; // the name that the user chose
  nick = ''; // the name that the server gave
  nickProblem = ''; // why the chosen name was refused
  caps = new Set<string>();
  historyLimit = 100;
  whox = false; // WHO takes a list of fields
  connection = 0; // how many connections there have been
  pingsSent = 0;
  key = ''; // the operator key, once the user has given it; never stored
  token = ''; // the secret with which the next connection takes this one's place
  lastLive = '0'; // the newest msgid that came live
  retryAt = 0;
  reason = ''; // why the server ended the last connection
  removal: Removal | null = null; // why the server does not want the user back
  everOnline = false;

  read = new Map<string, string>(); // room key -> the last msgid that the user has seen
  rooms = new Map<string, Room>();
  active = '';
  joining = ''; // key of the room that becomes active when the server lets the user in
  listing: Listing[] | null = null; // the server's rooms; null: not listed yet, or the server does not support LIST
  notice = ''; // one sentence for the user that belongs to no room

  // Replies of several lines whose last line has not arrived.
  namesReply = new Map<string, string[]>(); // room key -> nicks
  whoReply: string[] = [];
  whois = new Whois();

  send: (raw: string) => void = () => {};
  changed: () => void = () => {};
  // Whether the user sees the newest line of the active room now.
  watching: () => boolean = () => true;
  // Stores what must survive a reload.
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

  // Something visible has changed, in `room` if given.
  touch(room?: Room): void {
    if (room) room.version++;
    this.changed();
  }

  // Shows a line of the page itself; it is not sent.
  tell(room: Room | undefined, text: string, kind: 'info' | 'error' = 'info'): void {
    if (!room) {
      this.notice = text;
      return this.touch();
    }
    const last = room.lines[room.lines.length - 1];
    if (last?.kind === kind && last.text === text) return; // the user has just read it
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
