// The commands, in the order in which the help lists them.
import { t, type Key } from '../i18n';
import { isRoomName, nickName, roomName } from '../irc/names';
import { outText } from './out';
import type { Room } from './room';
import type { Session } from './session';
import { setTopic } from './topic';
import { WHO_FIELDS } from './whois';

export interface Command {
  usage: string; // what follows the name: NAME, TEXT, KEY
  help: Key;
  min?: number; // words that must follow
  online?: boolean; // it needs the server
  inRoom?: boolean; // it needs a room that is no private chat
  operator?: boolean;
  // Returns false if it was refused, and a line of the page said why. Without it, the page's dialogs carry it out.
  run?(session: Session, room: Room | undefined, rest: string): boolean | void;
}

export const COMMANDS = new Map<string, Command>(Object.entries({
  me: { usage: 'TEXT', help: 'cmdMe', min: 1, run: (session, room, rest) => !!room && speak(session, room, 'act', rest) },
  msg: { usage: 'NAME TEXT', help: 'cmdMsg', min: 1, run: write },
  join: { usage: '#room', help: 'cmdJoin', min: 1, online: true, run: join },
  part: { usage: 'TEXT', help: 'cmdPart', run: part },
  list: { usage: '', help: 'cmdList' },
  nick: { usage: 'NAME', help: 'cmdNick', min: 1, run: rename },
  topic: { usage: 'TEXT', help: 'cmdTopic', inRoom: true, run: topic },
  who: { usage: '', help: 'cmdWho', online: true, run: who },
  whois: { usage: 'NAME', help: 'cmdWhois', min: 1, online: true, run: ({ chat }, _, rest) => chat.command('WHOIS', word(rest)) },
  away: { usage: 'TEXT', help: 'cmdAway', online: true, run: ({ chat }, _, rest) => chat.command('AWAY', ...(rest ? [rest] : [])) },
  oper: { usage: 'KEY', help: 'cmdOper', min: 1, run: oper },
  kick: { usage: 'NAME TEXT', help: 'cmdKick', min: 1, online: true, inRoom: true, operator: true, run: kick },
  kill: { usage: 'NAME TEXT', help: 'cmdKill', min: 1, online: true, operator: true, run: kill },
  ban: { usage: 'NAME [--address] TEXT', help: 'cmdBan', min: 1, online: true, operator: true, run: ban },
  unban: { usage: 'NAME', help: 'cmdUnban', min: 1, online: true, operator: true, run: unban },
  bans: { usage: '', help: 'cmdBans', online: true, operator: true, run: ({ chat }) => chat.command('KLINE') },
  help: { usage: '', help: 'help' },
  quit: { usage: '', help: 'cmdQuit' },
} satisfies Record<string, Command>));

const ALIASES: Record<string, string> = { leave: 'part', query: 'msg', j: 'join', names: 'who', rooms: 'list', w: 'whois' };

// The name of the command that `word` means.
export function named(word: string): string {
  const name = word.toLowerCase();
  return ALIASES[name] ?? name;
}

// "/msg name text"
export function usageOf(name: string): string {
  const words = COMMANDS.get(name)!.usage.replace('NAME', t('somebody')).replace('TEXT', t('something')).replace('KEY', t('key'));
  return `/${name} ${words}`.trim();
}

function word(rest: string): string {
  return rest.split(/\s+/)[0]!;
}

// "first word", "the rest"
function pair(rest: string): [string, string] {
  const first = word(rest);
  return [first, rest.slice(first.length).trim()];
}

// Says `text` in a room, unless the user is not in it.
export function speak(session: Session, room: Room, kind: 'say' | 'act', text: string): boolean {
  const { chat, outbox } = session;
  const gone = chat.phase === 'removed' || chat.phase === 'left';
  if (gone || room.out) return chat.tell(room, gone ? t('notConnected') : outText(room), 'error'), false;
  outbox.say(room, kind, text);
  return true;
}

function write(session: Session, room: Room | undefined, rest: string): boolean {
  const [to, text] = pair(rest);
  const target = isRoomName(to) ? session.chat.room(to) : nickName(to) ? session.query(to) : undefined;
  if (!target) return session.chat.tell(room, t('usage', usageOf('msg')), 'error'), false;
  return text === '' || speak(session, target, 'say', text);
}

function join(session: Session, room: Room | undefined, rest: string): boolean {
  const name = roomName(rest);
  if (!name) return session.chat.tell(room, t('usage', usageOf('join')), 'error'), false;
  session.join(name);
  return true;
}

function part(session: Session, room: Room | undefined, rest: string): void {
  const [name, why] = pair(rest);
  const other = name && (session.chat.room(roomName(name)) ?? session.chat.room(name));
  if (other) session.part(other, why);
  else if (isRoomName(name)) session.chat.tell(room, t('refusedRoom', name), 'error');
  else if (room) session.part(room, rest);
}

function rename(session: Session, room: Room | undefined, rest: string): boolean {
  const nick = nickName(rest);
  if (!nick) return session.chat.tell(room, t('badName'), 'error'), false;
  session.rename(nick);
  return true;
}

function topic(session: Session, room: Room | undefined, rest: string): boolean {
  if (rest) return setTopic(session, room!, rest);
  session.chat.tell(room, room!.topic ? t('topicIs', room!.topic) : t('noTopic'));
  return true;
}

function who({ chat }: Session, room: Room | undefined, rest: string): void {
  const target = rest || room?.name;
  if (target) chat.command('WHO', word(target), ...(chat.whox ? [WHO_FIELDS] : []));
}

// The key is also stronger than a ban, so it may be given before a connection.
function oper({ chat }: Session, room: Room | undefined, rest: string): void {
  chat.key = rest;
  if (chat.phase === 'online') chat.command('OPER', 'me', rest);
  else chat.tell(room, t('keyOnNext'));
}

function kick({ chat }: Session, room: Room | undefined, rest: string): boolean {
  const [name, why] = pair(rest);
  const nick = nickName(name);
  if (!nick) return chat.tell(room, t('usage', usageOf('kick')), 'error'), false;
  chat.command('KICK', room!.name, nick, why);
  return true;
}

function kill({ chat }: Session, room: Room | undefined, rest: string): boolean {
  const [name, why] = pair(rest);
  const nick = nickName(name);
  if (!nick) return chat.tell(room, t('usage', usageOf('kill')), 'error'), false;
  chat.command('KILL', nick, why);
  return true;
}

// The mask of KLINE: an address, a nick's address, or a nick. A parameter of IRC must not begin with a colon.
function ban({ chat }: Session, _: Room | undefined, rest: string): void {
  const [target, more] = pair(rest);
  const byAddress = /^--address\b/.test(more);
  const why = more.replace(/^--address\s*/, '');
  const mask = isAddress(target) || byAddress ? target : `${target}!*@*`;
  chat.command('KLINE', mask.replace(/^:/, '0:'), ...(why ? [why] : []));
}

function unban({ chat }: Session, _: Room | undefined, rest: string): void {
  chat.command('UNKLINE', word(rest).replace(/^:/, '0:'));
}

function isAddress(target: string): boolean {
  return /[.:/@]/.test(target);
}
