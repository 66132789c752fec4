// How others reach this server: the same port for a browser, a terminal and an IRC client.
import { useState } from 'preact/hooks';
import { LOBBY } from '../chat/chat';
import { t } from '../i18n';

export function Invite({ room }: { room: string }) {
  const { protocol, hostname, port, host } = location;
  const secure = protocol === 'https:';
  const number = port || (secure ? '443' : '80');
  const page = `${protocol}//${host}/${room === LOBBY ? '' : room}`;
  const bare = hostname.replace(/^\[|\]$/g, '');
  const ways: [string, string][] = [[t('inviteBrowser'), page]];
  if (!secure) ways.push([t('inviteTerminal'), `nc ${bare} ${number}`]);
  ways.push([t('inviteIrc'), `/connect ${secure ? '-tls ' : ''}${bare} ${number}`]);
  return (
    <section class="invite" aria-label={t('invite')}>
      <h3>{t('invite')}</h3>
      <dl>
        {ways.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>
              <code>{value}</code>
              <Copy value={value} />
            </dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Copy({ value }: { value: string }) {
  const [done, setDone] = useState(false);
  // Browsers offer the clipboard only to HTTPS pages and localhost.
  if (!navigator.clipboard) return null;
  const copy = () => navigator.clipboard.writeText(value).then(() => setDone(true), () => {});
  return (
    <button class="small quiet" onClick={copy} onBlur={() => setDone(false)} aria-live="polite">
      {done ? t('copied') : t('copy')}
    </button>
  );
}
