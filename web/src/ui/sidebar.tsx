// The list of rooms and private conversations, with the user's name below.
import { useLayoutEffect, useRef } from 'preact/hooks';
import type { Room } from '../chat/room';
import { t } from '../i18n';
import { useApp } from './app';
import { Avatar } from './avatar';
import { Brand } from './brand';
import { IconButton } from './icon_button';
import { CloseIcon, GearIcon, HelpIcon, LensIcon, PlusIcon } from './icons';

export function Sidebar({ open, onClose }: { open: boolean; onClose(): void }) {
  const { chat, show } = useApp();
  const rooms = [...chat.rooms.values()].filter((room) => !room.isQuery);
  const people = [...chat.rooms.values()].filter((room) => room.isQuery);
  return (
    <nav id="rooms" class={`sidebar drawer ${open ? 'open' : ''}`} aria-label={t('rooms')}>
      <Brand close={t('close')} onClose={onClose}>
        <i lang="zh">枇杷</i>
      </Brand>
      <div class="lists">
        <div class="list-head">
          <h2 id="rooms-head">{t('rooms')}</h2>
          <IconButton icon={PlusIcon} label={t('joinRoom')} hint={`${t('joinRoom')} (Ctrl+K)`} onClick={() => show('switcher')} />
        </div>
        <ul aria-labelledby="rooms-head">
          {rooms.map((room) => (
            <Entry key={room.key} room={room} onChosen={onClose} />
          ))}
        </ul>
        {people.length > 0 && (
          <>
            <div class="list-head">
              <h2 id="people-head">{t('people')}</h2>
            </div>
            <ul aria-labelledby="people-head">
              {people.map((room) => (
                <Entry key={room.key} room={room} onChosen={onClose} />
              ))}
            </ul>
          </>
        )}
      </div>
      <div class="me">
        <button class="me-name" onClick={() => show('settings')} aria-label={`${chat.nick || chat.wanted} – ${t('settings')}`}>
          <Avatar nick={chat.nick || chat.wanted || '?'} />
          <bdi>{chat.nick || chat.wanted}</bdi>
          <GearIcon />
        </button>
        <a class="icon-button" href="/wire/" aria-label={t('microscope')} title={t('microscope')}>
          <LensIcon />
        </a>
        <IconButton icon={HelpIcon} label={t('help')} onClick={() => show('help')} />
      </div>
    </nav>
  );
}

function Entry({ room, onChosen }: { room: Room; onChosen(): void }) {
  const { chat, session, go } = useApp();
  const active = chat.activeRoom === room;
  const label = room.unread ? t('unreadIn', room.name, room.unread) : room.name;
  const choose = () => {
    go(room);
    onChosen();
  };
  return (
    <li ref={useShown(active)} class={`entry ${active ? 'active' : ''} ${room.unread ? 'unread' : ''} ${room.joined || room.isQuery ? '' : 'away'}`}>
      <button class="entry-name" aria-current={active ? 'page' : undefined} aria-label={label} title={room.name} onClick={choose}>
        {room.isQuery ? <Avatar nick={room.name} /> : <span class="hash" aria-hidden="true">#</span>}
        <bdi>{room.isQuery ? room.name : room.name.slice(1)}</bdi>
        {room.unread > 0 && (
          <span class={`count ${room.mentions ? 'mention' : ''}`} aria-hidden="true" data-count={room.unread > 99 ? '99+' : room.unread} />
        )}
      </button>
      <IconButton icon={CloseIcon} class="leave" label={t('leaveRoom', room.name)} onClick={() => session.part(room)} />
    </li>
  );
}

// Scrolls the list to the entry when it becomes the active one: a joined room may lie below the edge.
function useShown(active: boolean) {
  const item = useRef<HTMLLIElement>(null);
  useLayoutEffect(() => {
    const list = item.current!.closest('.lists')!;
    const [own, edge] = [item.current!.getBoundingClientRect(), list.getBoundingClientRect()];
    if (active) list.scrollTop += Math.min(0, own.top - edge.top) + Math.max(0, own.bottom - edge.bottom);
  }, [active]);
  return item;
}
