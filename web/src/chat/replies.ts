// Applies the server's numbered replies and errors to the chat.
import type { IrcLine } from '../irc/line';
import { fold, isRoomName } from '../irc/names';
import * as code from '../irc/numerics';
import { clean, quoted } from '../irc/text';
import { t } from '../i18n';
import { LOBBY, type Chat } from './chat';
import { errorText, refusesPassword } from './errors';
import type { Parts } from './parts';
import { removalOf, setRemoval } from './removal';
import type { Room } from './room';
import { whoEntry } from './whois';

type Handler = (parts: Parts, line: IrcLine) => void;

export function onReply(parts: Parts, line: IrcLine): void {
  if (parts.chat.whois.takes(line)) return;
  const handler = HANDLERS[line.command];
  if (handler) return handler(parts, line);
  if (/^[45]/.test(line.command)) error(parts, line);
}

const nothing: Handler = () => {};

const HANDLERS: Record<string, Handler> = {
  [code.RPL_WELCOME]: welcomed,

  [code.RPL_ISUPPORT]: ({ chat }, line) => {
    for (const word of line.params.slice(1, -1)) {
      const [key, value = ''] = word.split('=');
      const most = Number(value);
      if (key === 'WHOX') chat.whox = true;
      if (key === 'CHATHISTORY' && most > 0) chat.historyLimit = Math.min(100, most);
    }
  },

  [code.RPL_LISTSTART]: ({ chat }) => {
    chat.listing = [];
  },
  [code.RPL_LIST]: ({ chat }, line) => {
    const [, name = '', members = '0', topic = ''] = line.params;
    chat.listing = [...(chat.listing ?? []).filter((room) => room.name !== name)];
    chat.listing.push({ name, members: Number(members) || 0, topic: clean(topic) });
    chat.touch();
  },
  [code.RPL_LISTEND]: ({ chat }) => chat.touch(),

  [code.RPL_NOTOPIC]: ({ chat }, line) => setTopic(chat, line.params[1], ''),
  [code.RPL_TOPIC]: ({ chat }, line) => setTopic(chat, line.params[1], line.params[2]),

  [code.RPL_NAMREPLY]: ({ chat }, line) => {
    const key = fold(line.params[2] ?? '');
    const more = (line.params[3] ?? '').split(' ').filter((word) => word !== '');
    chat.namesReply.set(key, [...(chat.namesReply.get(key) ?? []), ...more]);
  },
  [code.RPL_ENDOFNAMES]: ({ chat }, line) => {
    const key = fold(line.params[1] ?? '');
    const room = chat.rooms.get(key);
    const names = chat.namesReply.get(key);
    chat.namesReply.delete(key);
    if (!room || !names) return;
    room.members = new Map();
    for (const word of names) {
      const nick = word.replace(/^[~&@%+]+/, '').split('!')[0]!;
      room.members.set(fold(nick), { nick, op: /^[~&@]/.test(word) });
    }
    chat.touch(room);
  },

  [code.RPL_WHOREPLY]: who,
  [code.RPL_WHOSPCRPL]: who,
  [code.RPL_ENDOFWHO]: ({ chat }, line) => {
    const found = chat.whoReply;
    chat.whoReply = [];
    const target = line.params[1] ?? '';
    const people = clean(found.join(', '));
    const answer =
      found.length === 0 ? t('whoNobody', clean(target))
      : isRoomName(target) ? t('whoAnswer', found.length, people, clean(target))
      : t('whoPeople', people);
    chat.tell(chat.room(target) ?? chat.activeRoom, answer);
  },

  [code.RPL_ENDOFWHOIS]: ({ chat }) => {
    const answer = chat.whois.end();
    if (answer) chat.tell(chat.activeRoom, answer);
  },
  [code.RPL_AWAY]: ({ chat }, line) => {
    const [, nick = '', why = ''] = line.params;
    chat.tell(chat.room(nick) ?? chat.activeRoom, t('isAway', nick, quoted(clean(why))));
  },
  [code.RPL_NOWAWAY]: ({ chat }) => chat.tell(chat.activeRoom, t('nowAway')),
  [code.RPL_UNAWAY]: ({ chat }) => chat.tell(chat.activeRoom, t('nowBack')),

  [code.RPL_YOUREOPER]: ({ chat }) => chat.tell(chat.activeRoom, t('youAreOperator')),

  [code.ERR_UNKNOWNCOMMAND]: (parts, line) => {
    const command = (line.params[1] ?? '').toUpperCase();
    if (command === 'LIST') parts.chat.listing = null;
    else if (command !== 'CHATHISTORY' || !parts.history.refused(line.tags.get('label') ?? '')) error(parts, line);
  },
  [code.ERR_NOMOTD]: nothing,
  [code.ERR_ERRONEUSNICKNAME]: (parts, line) => {
    if (parts.chat.phase === 'online') error(parts, line);
    else parts.registration.onRefused(errorText(line));
  },
  [code.ERR_NICKNAMEINUSE]: taken,
  [code.ERR_NICKCOLLISION]: taken,
  [code.ERR_UNAVAILRESOURCE]: taken,
  [code.ERR_NOTREGISTERED]: nothing,
  [code.ERR_PASSWDMISMATCH]: ({ chat }) => wrongKey(chat),
  // The ban stops the page (link.ts), and the banner says so. The operator key would have lifted it.
  [code.ERR_YOUREBANNEDCREEP]: ({ chat }, line) => {
    if (chat.key) wrongKey(chat);
    const said = removalOf(clean(line.params[1] ?? ''));
    setRemoval(chat, { banned: true, by: '', why: said?.why ?? '' });
  },
};

// The server refused the key of OPER, or of PASS: then before or after its welcome.
function wrongKey(chat: Chat): void {
  chat.key = '';
  chat.tell(chat.activeRoom, t('wrongKey'), 'error');
}

function who({ chat }: Parts, line: IrcLine): void {
  chat.whoReply.push(whoEntry(line));
}

function welcomed({ chat, history }: Parts, line: IrcLine): void {
  chat.nick = line.params[0] ?? chat.wanted;
  chat.phase = 'online';
  chat.everOnline = true;
  if (chat.rooms.size === 0) chat.activate(chat.openRoom(LOBBY));
  for (const room of chat.rooms.values()) {
    if (room.isQuery) history.catchUp(room);
    else if (!room.out) chat.command('JOIN', room.name);
  }
  chat.touch();
}

function taken({ chat, registration }: Parts, line: IrcLine): void {
  if (chat.phase !== 'online') return registration.onTaken();
  chat.nickProblem = t('nameTaken', line.params[1] ?? '');
  chat.tell(chat.activeRoom, chat.nickProblem, 'error');
}

function setTopic(chat: Chat, name = '', topic = ''): void {
  const room = chat.room(name);
  if (!room) return;
  room.topic = clean(topic);
  chat.touch(room);
}

// The server does not let the user into the room.
const NOT_LET_IN = new Set<string>([
  code.ERR_NOSUCHCHANNEL, code.ERR_TOOMANYCHANNELS, code.ERR_CHANNELISFULL, code.ERR_INVITEONLYCHAN,
  code.ERR_BANNEDFROMCHAN, code.ERR_BADCHANNELKEY, code.ERR_BADCHANMASK, code.ERR_NEEDREGGEDNICK,
]);
const NOT_DELIVERED = new Set<string>([code.ERR_NOSUCHNICK, code.ERR_CANNOTSENDTOCHAN]);

function error({ chat, outbox, history }: Parts, line: IrcLine): void {
  const why = errorText(line);
  const secret = refusesPassword(line);
  const label = line.tags.get('label') ?? '';
  if (label && (outbox.refuse(label, why, secret) || history.refused(label))) return;
  const target = line.params.length > 2 ? line.params[1]! : '';
  const room = chat.room(target);
  if (NOT_LET_IN.has(line.command)) chat.joining = '';
  if (room && NOT_LET_IN.has(line.command) && !room.joined) return notLetIn(chat, outbox, room, line.command, why);
  if (room && NOT_DELIVERED.has(line.command) && outbox.refuseOldest(room, why, secret)) return;
  chat.tell(room ?? chat.activeRoom, target && !room && !why.includes(target) ? `${clean(target)}: ${why}` : why, 'error');
}

// A room that there cannot be, and that holds nothing, goes away: a mistyped link has opened it.
function notLetIn(chat: Chat, outbox: Parts['outbox'], room: Room, command: string, why: string): void {
  const impossible = command === code.ERR_BADCHANMASK || command === code.ERR_NOSUCHCHANNEL;
  const empty = room.lines.length === 0 && room.pending.length === 0 && room.draft === '';
  if (!impossible || !empty || chat.rooms.size < 2) return outbox.shut(room, { by: '', why });
  chat.forget(room);
  chat.tell(chat.activeRoom, `${room.name}: ${why}`, 'error');
}
