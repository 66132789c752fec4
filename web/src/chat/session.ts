// Puts the parts of a chat together: passes on the lines of the server and carries out the user's actions.
import { parseLine } from '../irc/line';
import { fold } from '../irc/names';
import { t } from '../i18n';
import type { Chat } from './chat';
import { History } from './history';
import { Outbox } from './outbox';
import type { Parts } from './parts';
import { handle } from './protocol';
import { Registration } from './registration';
import type { Room } from './room';
import { hasKey } from './slash';

export class Session implements Parts {
  readonly outbox: Outbox;
  readonly history: History;
  readonly registration: Registration;

  constructor(readonly chat: Chat) {
    this.outbox = new Outbox(chat);
    this.history = new History(chat, this.outbox);
    this.registration = new Registration(chat);
  }

  // The connection is open; `send` writes one line to it.
  opened(send: (raw: string) => void): void {
    this.chat.send = send;
    this.chat.connection++;
    this.chat.pingsSent = 0;
    this.chat.reason = '';
    this.chat.removal = null;
    this.chat.namesReply.clear();
    this.chat.whoReply = [];
    this.chat.whois.end();
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

  // Asks the server for a sign of life. Its PONG also shows which earlier lines it refused.
  ping(): void {
    this.chat.command('PING', `p${++this.chat.pingsSent}`);
  }

  // Actions of the user.

  join(name: string): void {
    const { chat } = this;
    const room = chat.room(name);
    if (room?.joined) return chat.activate(room);
    if (hasKey(name)) return chat.tell(chat.activeRoom, t('keyInText'), 'error');
    if (chat.phase !== 'online') return chat.tell(chat.activeRoom, t('notConnected'), 'error');
    chat.joining = fold(name);
    chat.command('JOIN', name);
  }

  part(room: Room, why = ''): void {
    if (room.joined) this.chat.command('PART', room.name, ...(why ? [why] : []));
    this.chat.forget(room);
  }

  query(nick: string): Room {
    const room = this.history.openQuery(nick);
    this.chat.activate(room);
    return room;
  }

  rename(nick: string): void {
    const { chat } = this;
    if (hasKey(nick)) return chat.tell(chat.activeRoom, t('keyInText'), 'error');
    chat.nickProblem = '';
    if (chat.phase === 'online') chat.command('NICK', nick);
    chat.wanted = nick;
    chat.persist();
    chat.touch();
  }
}
