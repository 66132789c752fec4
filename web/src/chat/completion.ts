// What Tab completes: /commands, #rooms, :emoji and names. Those who spoke last come first among the names.
import { fold } from '../irc/names';
import type { Chat } from './chat';
import { COMMANDS } from './command_list';
import { EMOJI } from './emoji';
import type { Room } from './room';

export interface Completion {
  start: number; // the options replace the text from here to the cursor
  options: string[];
}

// `before`: the text before the cursor. null: there is nothing to complete.
export function complete(chat: Chat, room: Room, before: string): Completion | null {
  const word = /\S*$/.exec(before)![0];
  const start = before.length - word.length;
  const options = optionsFor(chat, room, before, word);
  return options.length ? { start: word.startsWith('@') ? start + 1 : start, options } : null;
}

function optionsFor(chat: Chat, room: Room, before: string, word: string): string[] {
  if (word === '') return [];
  const first = before.trimStart() === word;
  if (first && word.startsWith('/')) return [...COMMANDS.keys()].map((name) => `/${name} `).filter(begins(word));
  if (word.startsWith('#')) return roomNames(chat).filter(begins(word)).map((name) => `${name} `);
  if (/^:\w/.test(word)) return EMOJI.filter(([name]) => name.startsWith(word.slice(1).toLowerCase())).map(([, sign]) => sign);
  const end = first && !word.startsWith('@') ? ': ' : ' ';
  return names(room).filter(begins(word.replace(/^@/, ''))).map((nick) => nick + end);
}

function begins(word: string): (name: string) => boolean {
  return (name) => word !== '' && fold(name).startsWith(fold(word));
}

function roomNames(chat: Chat): string[] {
  const open = [...chat.rooms.values()].filter((room) => !room.isQuery).map((room) => room.name);
  return [...new Set([...open, ...(chat.listing ?? []).map((room) => room.name)])];
}

function names(room: Room): string[] {
  const members = new Map([...room.members].map(([key, { nick }]) => [key, nick]));
  const spoke = new Set(room.lines.filter((line) => line.msgid && !line.mine).map((line) => fold(line.nick)).reverse());
  const recent = [...spoke].flatMap((key) => members.get(key) ?? []);
  const others = [...members].filter(([key]) => !spoke.has(key)).map(([, nick]) => nick);
  return [...recent, ...others.sort()];
}

// Tab pressed again and again: each option in turn, then the word as it was typed.
export class Cycle {
  private at = 0;

  constructor(private before: string, private after: string, private found: Completion) {}

  // The text and the cursor's place after one more step.
  step(by: 1 | -1, first = false): { text: string; cursor: number } {
    const { start, options } = this.found;
    const all = [...options, this.before.slice(start)];
    if (!first) this.at = (this.at + by + all.length) % all.length;
    const head = this.before.slice(0, start) + all[this.at]!;
    return { text: head + this.after, cursor: head.length };
  }
}
