// What survives a reload. localStorage keeps the name, the rooms, what was read, and the looks. sessionStorage (one per
// tab) keeps pending lines, private conversations, drafts, the room in view and the session's token.
// Commands are not kept, because one may contain a secret, and neither is a line that the server took for a password. If the
// browser forbids storage, only these are lost.
import type { Chat } from './chat/chat';
import type { Out, Pending, Room } from './chat/room';
import { isSecret } from './chat/slash';
import { isRoomName } from './irc/names';
import { followSystem, getLooks, readStored as read, setLooks as useLooks, writeStored as write, type Looks } from './looks';

interface Saved extends Looks {
  nick: string;
  rooms: string[];
  out: Record<string, Out>;
  read: Record<string, string>;
  active: string;
}

interface SavedTab {
  people: string[];
  pending: { room: string; line: Pending }[];
  written: Record<string, { draft: string; sent: string[] }>;
  active: string;
  token: string;
  lastLive: string;
}

export function load(chat: Chat): void {
  const saved = read<Saved>(() => localStorage);
  const tab = read<SavedTab>(() => sessionStorage);
  chat.wanted = text(saved.nick);
  for (const name of list(saved.rooms)) if (isRoomName(text(name))) chat.openRoom(name);
  for (const name of list(tab.people)) if (text(name)) chat.openRoom(name);
  for (const [room, msgid] of Object.entries(saved.read ?? {})) chat.read.set(room, text(msgid));
  for (const { room, line } of list(tab.pending)) {
    // -1: sent on a connection that no longer exists; 0: never sent.
    if (room && line?.id) chat.openRoom(room).pending.push({ ...line, connection: line.connection ? -1 : 0 });
  }
  for (const room of chat.rooms.values()) {
    const { draft, sent } = tab.written?.[room.name] ?? { draft: '', sent: [] };
    room.draft = text(draft);
    room.sent = list(sent).map(text);
    const out = saved.out?.[room.name];
    if (out) room.out = { by: text(out.by), why: text(out.why) };
  }
  chat.token = text(tab.token);
  chat.lastLive = text(tab.lastLive) || '0';
  chat.active = text(tab.active) || text(saved.active);
  if (!chat.activeRoom) chat.active = chat.rooms.keys().next().value ?? '';
  chat.persist = later(() => save(chat));
  addEventListener('pagehide', () => save(chat));
  useLooks(saved);
  followSystem();
}

export function save(chat: Chat): void {
  const rooms = [...chat.rooms.values()];
  const saved: Saved = {
    nick: chat.wanted,
    rooms: rooms.filter((room) => !room.isQuery).map((room) => room.name),
    out: Object.fromEntries(rooms.filter((room) => room.out).map((room) => [room.name, room.out!])),
    read: Object.fromEntries(chat.read),
    active: chat.active,
    ...getLooks(),
  };
  const tab: SavedTab = {
    people: rooms.filter((room) => room.isQuery).map((room) => room.name),
    pending: rooms.flatMap((room) => room.pending.filter((line) => !line.secret).map((line) => ({ room: room.name, line }))),
    written: Object.fromEntries(rooms.filter((room) => room.draft || room.sent.length).map(writtenIn)),
    active: chat.active,
    token: chat.token,
    lastLive: chat.lastLive,
  };
  write(() => localStorage, saved);
  write(() => sessionStorage, tab);
}

export function setLooks(chat: Chat, next: Partial<Looks>): void {
  useLooks(next);
  save(chat);
  for (const room of chat.rooms.values()) room.version++;
  chat.touch();
}

function writtenIn({ name, draft, sent }: Room) {
  return [name, { draft: isSecret(draft) ? '' : draft, sent: sent.filter((line) => !isSecret(line)) }] as const;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function list<T>(value: T[] | undefined): T[] {
  return Array.isArray(value) ? value : [];
}

// Debounces: runs `work` once, 150 ms after the last of several calls.
function later(work: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(work, 150);
  };
}
