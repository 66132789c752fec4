// The state of the connection and of the room in view, shown unless all is well.
import { useEffect, useState } from 'preact/hooks';
import type { Chat } from '../chat/chat';
import { reasonText } from '../chat/errors';
import { outText } from '../chat/out';
import type { Room } from '../chat/room';
import { t } from '../i18n';
import { quoted } from '../irc/text';
import { useApp } from './app';

export function Banner() {
  const { chat, link } = useApp();
  const [now, setNow] = useState(Date.now());
  const waiting = chat.phase === 'waiting';
  useEffect(() => {
    if (!waiting) return;
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, [waiting, chat.retryAt]);

  const text = stateOf(chat, now);
  const button = waiting ? t('retryNow') : chat.phase === 'left' ? t('comeBack') : chat.phase === 'removed' ? t('retry') : '';
  return (
    <div class={`banner ${text ? 'shown' : ''} ${chat.phase}`} role="status" data-phase={chat.phase}>
      {text && (
        <>
          {chat.phase !== 'removed' && <span class="pulse" aria-hidden="true" />}
          <span>
            {text} <span class="faint">{detailOf(chat)}</span>
          </span>
          {button && (
            <button class="small" onClick={() => link.connect()}>
              {button}
            </button>
          )}
        </>
      )}
    </div>
  );
}

function stateOf(chat: Chat, now: number): string {
  const seconds = Math.ceil((chat.retryAt - now) / 1000);
  switch (chat.phase) {
    case 'connecting':
      return chat.everOnline ? t('reconnecting') : t('connecting');
    case 'waiting':
      return seconds > 1 ? t('retryIn', seconds) : t('reconnecting');
    case 'left':
      return t('left');
    case 'removed':
      if (chat.removal?.banned) return t('wasBanned');
      return chat.removal?.by ? t('wasRemovedBy', chat.removal.by) : t('wasRemoved');
    default:
      return '';
  }
}

function detailOf(chat: Chat): string {
  if (chat.phase === 'removed') return chat.removal?.why ? t('reasonIs', quoted(chat.removal.why)) : '';
  const promise = chat.phase === 'waiting' ? t('willSend') : '';
  const reason = chat.reason && chat.phase !== 'left' ? t('serverSays', reasonText(chat.reason)) : '';
  return `${promise} ${reason}`.trim();
}

// Why the user is not in the room in view, and the way back.
export function RoomBanner({ room }: { room: Room }) {
  const { chat, session } = useApp();
  if (!room.out) return null;
  return (
    <div class="banner shown" role="status" data-out>
      <span>{outText(room)}</span>
      <button class="small" disabled={chat.phase !== 'online'} onClick={() => session.join(room.name)}>
        {t('joinAgain')}
      </button>
    </div>
  );
}
