// Executes the user's input: a message, or a command that begins with '/'.
import { t } from '../i18n';
import { TEXT_BYTES } from '../irc/limits';
import { fold, isRoomName, nickName, roomName } from '../irc/names';
import { splitText } from '../irc/split';
import type { Room } from './room';
import type { Session } from './session';

export type Command = (session: Session, room: Room | undefined, rest: string) => void;

// A topic is one line; the part beyond the limit is cut off.
export function setTopic(session: Session, room: Room, input: string): void {
  const [topic = ''] = splitText(input.replace(/\s+/g, ' ').trim(), TEXT_BYTES);
  session.chat.command('TOPIC', room.name, topic);
}

export function submit(session: Session, room: Room | undefined, input: string, ui: { help(): void; quit(): void }): void {
  const text = input.replace(/\s+$/, '');
  if (!text.trim()) return;
  const command = /^\/([a-z]+)(?:\s+([\s\S]*))?$/i.exec(text);
  if (!command || text.startsWith('//')) {
    if (room) session.outbox.say(room, 'say', text.replace(/^\/\//, '/'));
    return;
  }
  const name = command[1]!.toLowerCase();
  const rest = (command[2] ?? '').trim();
  if (name === 'help') return ui.help();
  if (name === 'quit') return ui.quit();
  const known = COMMANDS[name];
  if (!known) return session.chat.tell(room, t('unknownCommand', `/${name}`), 'error');
  known(session, room, rest);
}

const COMMANDS: Record<string, Command> = {
  me: ({ outbox }, room, rest) => {
    if (room && rest) outbox.say(room, 'act', rest);
  },

  nick: (session, room, rest) => {
    const nick = nickName(rest);
    if (nick) session.rename(nick);
    else session.chat.tell(room, t('badName'), 'error');
  },

  join: (session, room, rest) => {
    const name = roomName(rest);
    if (name) session.join(name);
    else session.chat.tell(room, t('usage', '/join #room'), 'error');
  },

  part: (session, room, rest) => {
    const target = rest ? session.chat.room(roomName(rest)) ?? session.chat.room(rest) : room;
    if (target) session.part(target);
  },

  msg: (session, room, rest) => {
    const [, nick = '', text = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
    if (isRoomName(nick)) {
      const target = session.chat.room(nick);
      if (target && text) return session.outbox.say(target, 'say', text);
    }
    if (!nickName(nick)) return session.chat.tell(room, t('usage', `/msg ${t('somebody')} …`), 'error');
    const query = session.query(nick);
    if (text) session.outbox.say(query, 'say', text);
  },

  topic: (session, room, rest) => {
    if (!room || room.isQuery) return;
    if (rest) setTopic(session, room, rest);
    else session.chat.tell(room, room.topic ? t('topicIs', room.topic) : t('noTopic'));
  },

  oper: ({ chat }, _room, rest) => {
    if (rest) chat.command('OPER', 'me', rest);
  },

  kick: ({ chat }, room, rest) => {
    const [, nick = '', why = ''] = /^(\S+)\s*([\s\S]*)$/.exec(rest) ?? [];
    if (room && !room.isQuery && nick) chat.command('KICK', room.name, nick, why);
  },

  who: ({ chat }, room, rest) => {
    const target = rest || room?.name;
    if (target) chat.command('WHO', target.split(' ')[0]!);
  },
};

COMMANDS.leave = COMMANDS.part!;
COMMANDS.query = COMMANDS.msg!;
COMMANDS.j = COMMANDS.join!;

// The members whose names begin with `prefix`, for completion with Tab.
export function completions(room: Room, prefix: string): string[] {
  const start = fold(prefix);
  return [...room.members.values()].map((m) => m.nick).filter((nick) => fold(nick).startsWith(start)).sort();
}
