// The list of a room's members.
import { useMemo } from 'preact/hooks';
import type { Room } from '../chat/room';
import { t } from '../i18n';
import { useApp } from './app';
import { Avatar } from './avatar';
import { IconButton } from './icon_button';
import { CloseIcon } from './icons';

const SHOWN = 300; // of a larger room the rest is only counted

const byName = new Intl.Collator();

export function Members({ room, open, onClose }: { room: Room; open: boolean; onClose(): void }) {
  const { chat, writeTo } = useApp();
  const members = useMemo(() => {
    const all = [...room.members.values()];
    return all.sort((a, b) => Number(b.op) - Number(a.op) || byName.compare(a.nick, b.nick));
  }, [room, room.version]);
  return (
    <aside id="members" class={`members drawer ${open ? 'open' : ''}`} aria-label={t('members')}>
      <div class="list-head">
        <h2>
          {t('members')} <span class="number">{members.length}</span>
        </h2>
        <IconButton icon={CloseIcon} class="drawer-close" label={t('close')} onClick={onClose} />
      </div>
      <ul>
        {members.slice(0, SHOWN).map(({ nick, op }) => (
          <li key={nick}>
            <button onClick={() => (writeTo(nick), onClose())} title={t('writeTo', nick)} disabled={chat.isMe(nick)}>
              <Avatar nick={nick} />
              <bdi>{nick}</bdi>
              {op && <span class="op" role="img" aria-label={t('operator')} title={t('operator')} />}
              {chat.isMe(nick) && <span class="you">{t('you')}</span>}
            </button>
          </li>
        ))}
      </ul>
      {members.length > SHOWN && <p class="hint">+ {members.length - SHOWN}</p>}
    </aside>
  );
}
