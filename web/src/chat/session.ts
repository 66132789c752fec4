// One chat with its parts: lines of the server come in, what the user does goes out.
import { fold, parseLine } from '../irc/line';
import { t } from '../i18n';
import { LOBBY, type Chat } from './chat';
import { History } from './history';
import { Outbox } from './outbox';
import { handle } from './protocol';
import { activate } from './reading';
import { Registration } from './registration';
import type { Room } from './room';

export class Session {
  readonly outbox: Outbox;
  readonly history: History;
  readonly registration: Registration;
  wantActive = ''; // the room that the user asked for and the server has not let us into yet
  who: string[] | null = null; // an answer to /who that is still coming

  constructor(readonly chat: Chat) {
    this.outbox = new Outbox(chat);
    this.history = new History(chat, this.outbox);
    this.registration = new Registration(chat);
  }

  // A connection is open; `send` writes one line to it.
  opened(send: (raw: string) => void): void {
    this.chat.send = send;
    this.chat.connection++;
    this.chat.pingsSent = 0;
    this.chat.reason = '';
    this.registration.begin();
  }

  line(raw: string): void {
    const line = parseLine(raw);
    if (line) handle(this, line);
  }

  closed(): void {
    this.chat.send = () => {};
    this.history.disconnected();
    for (const room of this.chat.rooms.values()) {
      room.joined = false;
      room.version++;
    }
  }

  // Asks the server whether it is there. Its PONG also settles what became of earlier lines.
  ping(): void {
    this.chat.command('PING', `p${++this.chat.pingsSent}`);
  }

  welcomed(): void {
    const { chat } = this;
    chat.phase = 'online';
    chat.everOnline = true;
    if (chat.rooms.size === 0) activate(chat, chat.openRoom(LOBBY));
    for (const room of chat.rooms.values()) {
      if (room.isQuery) this.history.catchUp(room);
      else chat.command('JOIN', room.name);
    }
    chat.touch();
  }

  // What the user does.

  join(name: string): void {
    const { chat } = this;
    const room = chat.room(name);
    if (room?.joined) return activate(chat, room);
    if (chat.phase !== 'online') return chat.tell(chat.activeRoom, t('notConnected'), 'error');
    this.wantActive = fold(name);
    chat.command('JOIN', name);
  }

  part(room: Room): void {
    if (room.joined) this.chat.command('PART', room.name);
    this.forget(room);
  }

  query(nick: string): Room {
    const { chat } = this;
    const known = chat.room(nick);
    const room = known ?? chat.openRoom(nick);
    if (!known && chat.phase === 'online') this.history.catchUp(room);
    activate(chat, room);
    return room;
  }

  rename(nick: string): void {
    const { chat } = this;
    chat.nickProblem = '';
    if (chat.phase === 'online') chat.command('NICK', nick);
    chat.wanted = nick;
    chat.persist();
    chat.touch();
  }

  forget(room: Room): void {
    const { chat } = this;
    const keys = [...chat.rooms.keys()];
    const at = keys.indexOf(room.key);
    chat.rooms.delete(room.key);
    chat.read.delete(room.key);
    if (chat.active === room.key) activate(chat, chat.rooms.get(keys[at - 1] ?? keys[at + 1] ?? ''));
    chat.persist();
    chat.touch();
  }
}
