// Executes the user's input: a message, or a command that begins with '/'.
import { t } from '../i18n';
import { COMMANDS, named, speak, usageOf } from './command_list';
import type { Room } from './room';
import type { Session } from './session';
import { hasKey, isCommand, looksLikeCommand } from './slash';

export interface Ui {
  help(): void;
  rooms(): void;
  quit(): void;
}

// Returns false if the input was refused, and a line of the page said why: the user may mend it.
export function submit(session: Session, room: Room | undefined, input: string, ui: Ui): boolean {
  const text = input.trimEnd();
  if (!text.trim()) return false;
  const refuse = (why: string) => (session.chat.tell(room, why, 'error'), false);
  const late = text.trimStart().split('\n').slice(1).find(looksLikeCommand);
  if (late) return refuse(t('commandInText', late.trim().split(/\s/)[0]!));
  if (isCommand(text)) return carryOut(session, room, text.trimStart().slice(1).trimStart(), ui, refuse);
  if (!room) return false;
  if (hasKey(text)) return refuse(t('keyInText'));
  return speak(session, room, 'say', text.replace(/^\s*\/(?=\/\S)/, ''));
}

function carryOut(session: Session, room: Room | undefined, line: string, ui: Ui, refuse: (why: string) => boolean): boolean {
  const [, word = '', rest = ''] = /^(\S*)\s*([\s\S]*)$/.exec(line)!;
  const name = named(word);
  if (name === 'help') return ui.help(), true;
  if (name === 'list') return ui.rooms(), true;
  if (name === 'quit') return ui.quit(), true;
  const command = COMMANDS.get(name);
  if (hasKey(rest) && name !== 'oper') return refuse(t('keyInText'));
  if (!command?.run) return refuse(t('unknownCommand', `/${word}`));
  const words = rest.split(/\s+/).filter(Boolean).length;
  if (words < (command.min ?? 0)) return refuse(t('usage', usageOf(name)));
  if (command.online && session.chat.phase !== 'online') return refuse(t('notDone', `/${name}`));
  if (command.inRoom && (!room || room.isQuery)) return refuse(t('onlyInRoom', `/${name}`));
  return command.run(session, room, rest) !== false;
}
