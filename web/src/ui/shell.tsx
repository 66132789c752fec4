// The chat's page: rooms, conversation and members, with the dialogs above them.
import { useEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { onNextFrame } from '../browser';
import { LOBBY, type Chat } from '../chat/chat';
import type { Link } from '../chat/link';
import { markRead, titleOf } from '../chat/reading';
import type { Room } from '../chat/room';
import type { Session } from '../chat/session';
import { getLanguage, locale, t } from '../i18n';
import { AppContext, type App, type Sheet } from './app';
import { Banner, RoomBanner } from './banner';
import { Composer } from './composer';
import { Header } from './header';
import { Help } from './help';
import { useKeys } from './keys';
import { Members } from './members';
import { Settings } from './settings';
import { Sidebar } from './sidebar';
import { Switcher } from './switcher';
import { Timeline } from './timeline/timeline';
import { Welcome } from './welcome';

const NARROW = matchMedia('(max-width: 719px)');
const ROOMY = matchMedia('(min-width: 1000px)');

export function Shell({ chat, session, link }: { chat: Chat; session: Session; link: Link }) {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [sheet, setSheet] = useState<Sheet>(null);
  const [roomsOpen, setRoomsOpen] = useState(false);
  const [membersOpen, setMembersOpen] = useState(ROOMY.matches);
  const timeline = useRef<Timeline>(null);
  const bottom = useRef(true);

  useEffect(() => {
    chat.changed = onNextFrame(() => redraw(0));
    chat.watching = () => bottom.current && document.visibilityState === 'visible';
    const seen = () => {
      if (chat.activeRoom && chat.watching()) markRead(chat, chat.activeRoom);
    };
    const fit = () => setMembersOpen(ROOMY.matches);
    document.addEventListener('visibilitychange', seen);
    ROOMY.addEventListener('change', fit);
    redraw(0);
  }, []);

  const show = (next: Sheet) => {
    setSheet(next);
    setRoomsOpen(false);
  };
  const app: App = useMemo(
    () => ({
      chat,
      session,
      link,
      show,
      go: (room) => {
        bottom.current = false; // until the room's timeline reports its position
        chat.activate(room);
      },
      writeTo: (nick) => {
        if (chat.isMe(nick)) return;
        bottom.current = false;
        session.query(nick);
      },
      newest: () => {
        timeline.current?.newest();
        focusComposer();
      },
      quit: () => link.close('left', 'bye'),
    }),
    [],
  );

  useKeys(app, sheet === null && chat.phase !== 'new', roomsOpen || (membersOpen && !ROOMY.matches), () => {
    setRoomsOpen(false);
    setMembersOpen(ROOMY.matches);
  });

  const room = chat.activeRoom;
  const title = titleOf(chat);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useEffect(() => {
    document.documentElement.lang = locale();
  }, [locale()]);
  useEffect(() => {
    focusComposer();
    const named = room && !room.isQuery && room.key !== LOBBY;
    history.replaceState(null, '', named ? room.name : location.pathname);
  }, [room]);

  const callbacks = useMemo(
    () => ({
      onBottom: (of: Room, is: boolean) => {
        if (chat.activeRoom !== of) return;
        bottom.current = is;
        if (is && chat.watching() && !of.catchingUp) markRead(chat, of);
      },
      onOlder: (of: Room) => session.history.loadOlder(of),
      onRetry: (id: string) => chat.activeRoom && session.outbox.retry(chat.activeRoom, id),
      onDiscard: (id: string) => chat.activeRoom && session.outbox.discard(chat.activeRoom, id),
      onNick: (nick: string) => app.writeTo(nick),
    }),
    [],
  );

  if (chat.phase === 'new') {
    return (
      <AppContext.Provider value={app}>
        <Welcome key={getLanguage()} />
      </AppContext.Provider>
    );
  }
  const drawn = roomsOpen || (membersOpen && !ROOMY.matches);
  const elsewhere = [...chat.rooms.values()].some((other) => other !== room && other.unread > 0);
  return (
    <AppContext.Provider value={app}>
      <div class={`shell ${membersOpen && room && !room.isQuery ? 'with-members' : ''}`} key={getLanguage()}>
        <Sidebar open={roomsOpen} onClose={() => setRoomsOpen(false)} />
        <main class="main" inert={drawn}>
          {room && (
            <Header
              room={room}
              unreadElsewhere={elsewhere}
              membersOpen={membersOpen}
              onRooms={() => (setRoomsOpen(true), focusDrawer('rooms'))}
              onMembers={() => (setMembersOpen(!membersOpen), focusDrawer('members'))}
            />
          )}
          <Banner />
          {chat.notice && (
            <div class="banner shown" role="status">
              <span>{chat.notice}</span>
              <button class="small" onClick={() => ((chat.notice = ''), redraw(0))}>
                {t('close')}
              </button>
            </div>
          )}
          {room && (
            <Timeline key={room.key} ref={timeline} room={room} version={room.version} me={chat.nick || chat.wanted} {...callbacks} />
          )}
          {room && <RoomBanner room={room} />}
          {room && <Composer key={`input ${room.key}`} room={room} />}
          {!room && (
            <div class="start empty">
              <button class="primary" onClick={() => show('switcher')}>
                {t('joinRoom')}
              </button>
            </div>
          )}
        </main>
        {room && !room.isQuery && (
          <Members room={room} open={membersOpen} onClose={() => setMembersOpen(ROOMY.matches)} />
        )}
        {drawn && <div class="backdrop" onClick={() => (setRoomsOpen(false), setMembersOpen(ROOMY.matches))} />}
      </div>
      {sheet === 'switcher' && <Switcher onClose={() => show(null)} />}
      {sheet === 'settings' && <Settings key={getLanguage()} onClose={() => show(null)} />}
      {sheet === 'help' && <Help onClose={() => show(null)} />}
    </AppContext.Provider>
  );
}

// Not on a phone: the keyboard that a focus opens would cover half of the page.
function focusComposer(): void {
  if (NARROW.matches) return;
  requestAnimationFrame(() => {
    if (!document.querySelector('dialog')) document.getElementById('composer')?.focus();
  });
}

function focusDrawer(id: string): void {
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`#${id}.open .drawer-close`)?.focus());
}
