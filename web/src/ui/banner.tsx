// The state of the connection, shown unless all is well.
import { useEffect, useState } from 'preact/hooks';
import { t } from '../i18n';
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

  const seconds = Math.ceil((chat.retryAt - now) / 1000);
  let text = '';
  if (chat.phase === 'connecting') text = chat.everOnline ? t('reconnecting') : t('connecting');
  if (waiting) text = seconds > 1 ? t('retryIn', seconds) : t('reconnecting');
  if (chat.phase === 'left') text = t('left');
  return (
    <div class={`banner ${text ? 'shown' : ''} ${chat.phase}`} role="status" data-phase={chat.phase}>
      {text && (
        <>
          <span class="pulse" aria-hidden="true" />
          <span>
            {text}{' '}
            {waiting && <span class="faint">{t('willSend')}</span>}
            {chat.reason && <span class="faint"> {t('serverSays', chat.reason)}</span>}
          </span>
          {waiting && (
            <button class="small" onClick={() => link.connect()}>
              {t('retryNow')}
            </button>
          )}
          {chat.phase === 'left' && (
            <button class="small" onClick={() => link.connect()}>
              {t('comeBack')}
            </button>
          )}
        </>
      )}
    </div>
  );
}
