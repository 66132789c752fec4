// The state of the lab: starting, running, why it was refused or ended. Asks for the operator's key if one is needed.
import { useRef } from 'preact/hooks';
import type { Lab, Trouble } from '../lab';
import { said, t, type Key } from '../words';

const OVER: Record<string, Key> = {
  ended: 'overEnded',
  failed: 'overFailed',
  nolab: 'overNoLab',
  idle: 'overIdle',
  long: 'overLong',
  lost: 'overLost',
};

export function TroubleBox({ lab }: { lab: Lab }) {
  const { phase, trouble } = lab;
  if (phase === 'starting') return <p class="lab-state" role="status"><span class="pulse" /> {t('connecting')}</p>;
  if (phase === 'running' && !trouble) return <p class="lab-state" role="status"><span class="pulse" /> {t('running')}</p>;
  if (!trouble) return null;
  const wantsKey = trouble.reason === 'stranger' || trouble.reason === 'key';
  return (
    <div class="trouble" role="alert">
      <p>{sentence(trouble)}</p>
      {(trouble.reason === 'failed' || trouble.reason === 'nolab') && trouble.text && <pre>{trouble.text}</pre>}
      {wantsKey && <KeyForm lab={lab} />}
    </div>
  );
}

function sentence(trouble: Trouble): string {
  const over = OVER[trouble.reason];
  if (over) return t(over, trouble.status ?? '');
  return said(trouble);
}

function KeyForm({ lab }: { lab: Lab }) {
  const field = useRef<HTMLInputElement>(null);
  return (
    <form
      class="row-of"
      onSubmit={(event) => {
        event.preventDefault();
        if (field.current!.value) lab.unlock(field.current!.value);
      }}
    >
      <input ref={field} type="password" autocomplete="off" aria-label={t('operatorKey')} placeholder={t('operatorKey')} />
      <button class="primary">{t('useKey')}</button>
    </form>
  );
}
