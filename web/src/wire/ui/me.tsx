// The visitor's own connection: a ladder of its handshake, and all facts with their sources.
import { useEffect, useReducer, useState } from 'preact/hooks';
import { getJson } from '../api';
import { Badge, Legend } from './badge';
import { Failure } from './failure';
import { FramePanel } from './frame_panel';
import { Ladder } from './ladder';
import { framesOf, ownMoments, valueOf, type Fact, type OwnConnection } from '../own';
import { useScrollToFrame } from './scroll_to_frame';
import { ms } from '../sentences';
import { pick, t, type Key } from '../words';

const REFRESH_MS = 2000;
const UNITS: Record<string, Key> = { byte: 'unit_byte', ms: 'unit_ms', segment: 'unit_segment', shift: 'unit_shift' };

export function Me() {
  const [own, setOwn] = useState<OwnConnection | null>(null);
  const [failure, setFailure] = useState('');
  const [selected, setSelected] = useState<number | null>(null);
  useScrollToFrame(selected);
  const [round, refresh] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let gone = false;
    const again = () => document.visibilityState === 'visible' && refresh(0);
    getJson<OwnConnection>('/wire/me')
      .then((found) => {
        if (gone) return;
        setOwn(found);
        setFailure('');
      })
      .catch((error: Error) => !gone && setFailure(/^409/.test(error.message) ? t('ownNotTcp') : t('loadFailed', error.message)))
      .finally(() => {
        if (!gone) timer = setTimeout(again, REFRESH_MS);
      });
    document.addEventListener('visibilitychange', again);
    return () => {
      gone = true;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', again);
    };
  }, [round]);
  if (failure) return <Failure text={failure} onRetry={() => refresh(0)} />;
  if (!own) return <p class="faint loading">…</p>;
  const frames = framesOf(own);
  const frame = frames.find((one) => one.n === selected);
  return (
    <div class={`scenario ${frame ? 'with-panel' : ''}`}>
      <div class="stage">
        <div class="scroller">
          {own.passed_on && <p class="trouble">{t('ownProxy')}</p>}
          <div class="ends">
            <span class="end-name">
              <b>{t('client')}</b> {own.remote}
            </span>
            <span class="end-name right">
              <b>{t('server')}</b> {own.local}
            </span>
          </div>
          <Ladder name={t('own')} moments={ownMoments(own, t('ownNow'))} selected={selected} timeless onSelect={setSelected} />
          <section class="facts">
            <h2>
              {t('ownFacts')}
              <button class="small" onClick={() => refresh(0)}>
                {t('refresh')}
              </button>
            </h2>
            <FactTable own={own} />
          </section>
          <Legend />
        </div>
      </div>
      {frame && (
        <FramePanel
          key={frame.n}
          frame={frame}
          frames={frames}
          recorded={false}
          timeless
          onSelect={setSelected}
          onClose={() => setSelected(null)}
        />
      )}
    </div>
  );
}

function unitOf(unit: string): string {
  const word = UNITS[unit];
  return word ? t(word) : unit;
}

function FactTable({ own }: { own: OwnConnection }) {
  return (
    <table>
      <thead class="sr">
        <tr>
          <th scope="col">{t('fact')}</th>
          <th scope="col">{t('value')}</th>
          <th scope="col">{t('source')}</th>
        </tr>
      </thead>
      <tbody>
        {(['client', 'server'] as const).map((side) => (
          <tr>
            <th scope="row">{t('stateOf', t(side))}</th>
            <td>{own.state[side].state}</td>
            <td>
              <Badge source={own.state[side].source} />
            </td>
          </tr>
        ))}
        {[...own.facts, ...browserFacts()].map((fact) => (
          <tr>
            <th scope="row">{pick(fact.label, fact.label_zh)}</th>
            <td>
              {valueOf(fact, t('yes'), t('no'))} <span class="unit">{unitOf(fact.unit)}</span>
            </td>
            <td>
              <Badge source={fact.source} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

// What the browser measured when it loaded this page. Source: Navigation Timing Level 2.
function browserFacts(): Fact[] {
  const [timing] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (!timing) return [];
  const fact = (name: string, label: string, value: string | number, unit = ''): Fact => ({
    name, label, label_zh: label, value, unit, source: 'reported',
  });
  const span = (from: number, to: number) => ms((to - from) * 1e6);
  const reused = timing.connectEnd === timing.connectStart;
  return [
    reused
      ? fact('connect', t('navConnect'), t('navReused'))
      : fact('connect', t('navConnect'), span(timing.connectStart, timing.connectEnd), 'ms'),
    ...(timing.secureConnectionStart > 0 && !reused
      ? [fact('tls', t('navTls'), span(timing.secureConnectionStart, timing.connectEnd), 'ms')]
      : []),
    fact('first', t('navFirst'), span(timing.requestStart, timing.responseStart), 'ms'),
    ...(timing.nextHopProtocol ? [fact('protocol', t('navProtocol'), timing.nextHopProtocol)] : []),
  ];
}
