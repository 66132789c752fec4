// Sets the topic of a room, for /topic and for the header.
import { t } from '../i18n';
import { TEXT_BYTES } from '../irc/limits';
import { splitText } from '../irc/split';
import { hasKey, isCommand } from './slash';
import type { Room } from './room';
import type { Session } from './session';

// A topic is one line; the part beyond the limit is cut off. Returns false if it was refused, and a line of the page said
// why.
export function setTopic({ chat }: Session, room: Room, input: string): boolean {
  const refuse = (why: string) => (chat.tell(room, why, 'error'), false);
  if (isCommand(input)) return refuse(t('commandInText', input.trim().split(/\s/)[0]!));
  if (hasKey(input)) return refuse(t('keyInText'));
  if (chat.phase !== 'online' || !room.joined) return refuse(t('notDone', '/topic'));
  const [topic = ''] = splitText(input.replace(/\s+/g, ' ').trim(), TEXT_BYTES);
  chat.command('TOPIC', room.name, topic);
  return true;
}
