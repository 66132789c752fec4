// Why the user is not in a room, as one sentence.
import { t } from '../i18n';
import { quoted } from '../irc/text';
import type { Room } from './room';

export function outText(room: Room): string {
  const { by, why } = room.out!;
  if (!by) return t('refusedRoom', why);
  return why ? t('kickedWhy', by, quoted(why)) : t('kicked', by);
}
