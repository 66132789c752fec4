// Reads older messages: on joining, after a lost connection, and when the user scrolls back.
//
// Source: IRCv3 draft/chathistory, batch, labeled-response.
import { formatLine, type IrcLine } from '../irc/line';
import { newId, type Chat } from './chat';
import { lineOf } from './incoming';
import { ID_TAG, type Outbox } from './outbox';
import { onArrival, onFirstPage } from './reading';
import type { Room } from './room';

type Want = 'latest' | 'after' | 'cover' | 'older';

interface Request {
  label: string;
  room: Room;
  want: Want;
}

interface Batch {
  type: string;
  label: string;
  target: string;
  lines: IrcLine[];
}

// How many pages are read to find out whether a pending line arrived.
const COVER_PAGES = 10;

export class History {
  private requests: Request[] = [];
  private batches = new Map<string, Batch>();
  private coverPages = new Map<Room, number>();

  constructor(private chat: Chat, private outbox: Outbox) {}

  // Reads the messages that `room` missed, then sends its pending lines.
  catchUp(room: Room): void {
    room.beginCatchUp();
    this.coverPages.set(room, 0);
    this.ask(room, room.lastMsgid ? 'after' : 'latest');
  }

  // Returns the private conversation with `nick`. Opens one and reads its history if there is none.
  openQuery(nick: string): Room {
    const known = this.chat.room(nick);
    if (known) return known;
    const room = this.chat.openRoom(nick);
    if (this.chat.phase === 'online') this.catchUp(room);
    return room;
  }

  // Requests the page before the first line. Does nothing if a request is running or there is no such page.
  loadOlder(room: Room): void {
    const able = this.chat.phase === 'online' && !room.catchingUp && !room.out && room.firstMsgid !== '';
    if (!able || room.loadingOlder || room.complete || room.noHistory) return;
    room.loadingOlder = true;
    this.chat.touch(room);
    this.ask(room, 'older');
  }

  disconnected(): void {
    this.requests = [];
    this.batches.clear();
    for (const room of this.chat.rooms.values()) {
      room.abandonCatchUp();
      room.loadingOlder = false;
    }
  }

  onBatch(line: IrcLine): void {
    const [name = '', type = '', target = ''] = line.params;
    const ref = name.slice(1);
    if (name.startsWith('+')) {
      const outer = this.batches.get(line.tags.get('batch') ?? '');
      const label = line.tags.get('label') ?? outer?.label ?? '';
      this.batches.set(ref, { type, label, target, lines: [] });
      return;
    }
    const batch = this.batches.get(ref);
    this.batches.delete(ref);
    if (batch?.type === 'chathistory') this.finish(batch);
  }

  // Takes a line that belongs to a page of history. Returns false for any other line.
  takes(line: IrcLine): boolean {
    const batch = this.batches.get(line.tags.get('batch') ?? '');
    if (batch?.type !== 'chathistory') return false;
    batch.lines.push(line);
    return true;
  }

  // The answer to a request is an error, or ACK: an empty answer. Returns false if the label is of no request.
  refused(label: string, ack = false): boolean {
    const request = label ? this.take((r) => r.label === label) : ack ? undefined : this.take(() => true);
    if (!request) return false;
    if (ack) this.page(request, []);
    else this.unavailable(request);
    return true;
  }

  private ask(room: Room, want: Want): void {
    const { chat } = this;
    const request: Request = { label: newId(), room, want };
    if (!chat.caps.has('draft/chathistory')) return this.unavailable(request);
    this.requests.push(request);
    const tags: Record<string, string> = chat.caps.has('labeled-response') ? { label: request.label } : {};
    const [verb, from] =
      want === 'latest' ? ['LATEST', '*']
      : want === 'after' ? ['AFTER', `msgid=${room.lastMsgid}`]
      : ['BEFORE', `msgid=${room.firstMsgid}`];
    chat.send(formatLine('CHATHISTORY', [verb!, room.name, from!, String(chat.historyLimit)], tags));
  }

  private take(which: (request: Request) => boolean): Request | undefined {
    const at = this.requests.findIndex(which);
    return at < 0 ? undefined : this.requests.splice(at, 1)[0];
  }

  private finish(batch: Batch): void {
    const target = this.chat.room(batch.target);
    const request = this.take((r) => (batch.label ? r.label === batch.label : r.room === target));
    if (request) this.page(request, batch.lines);
  }

  private page(request: Request, lines: IrcLine[]): void {
    const { chat } = this;
    const { room, want } = request;
    const entries = lines
      .filter((line) => line.command === 'PRIVMSG' || line.command === 'NOTICE')
      .map((line) => ({ line: lineOf(chat, line), id: line.tags.get(ID_TAG) ?? '' }))
      .filter(({ line }) => line !== null) as { line: NonNullable<ReturnType<typeof lineOf>>; id: string }[];
    if (want === 'older' || want === 'cover') {
      if (lines.length === 0) room.complete = true;
      room.prepend(entries);
      room.loadingOlder = false;
      if (want === 'cover') return this.cover(room);
      return chat.touch(room);
    }
    const before = room.lastMsgid;
    const fresh = room.append(entries);
    if (want === 'latest') {
      room.complete = lines.length === 0; // an empty room may have filled while the connection was lost
      onFirstPage(chat, room);
      return this.cover(room);
    }
    for (const line of fresh) onArrival(chat, room, line);
    if (room.lastMsgid !== before) return this.ask(room, 'after');
    this.caughtUp(room, true);
  }

  // Reads back until history covers every pending line that was sent.
  private cover(room: Room): void {
    const pages = this.coverPages.get(room) ?? 0;
    const unknown = room.pending.some((line) => !line.failed && line.connection !== 0 && !room.covers(line));
    if (!unknown || room.complete || pages >= COVER_PAGES || !room.firstMsgid) return this.caughtUp(room, false);
    this.coverPages.set(room, pages + 1);
    this.ask(room, 'cover');
  }

  private caughtUp(room: Room, sure: boolean): void {
    room.endCatchUp();
    this.outbox.flush(room, sure);
  }

  private unavailable({ room, want }: Request): void {
    room.loadingOlder = false;
    if (want === 'after' && !room.isQuery && this.chat.caps.has('draft/chathistory')) {
      // The server no longer has our last line: start over with its newest page.
      room.restart();
      return this.ask(room, 'latest');
    }
    room.noHistory = true;
    if (want === 'older') return this.chat.touch(room);
    this.caughtUp(room, false);
  }
}
