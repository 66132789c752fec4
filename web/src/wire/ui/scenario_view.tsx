// One scenario: the ladder of its recording or of a live lab, the controls, and the explanation.
import { useEffect, useMemo, useReducer, useState } from 'preact/hooks';
import { Choices } from '../../ui/choices';
import { getRecording, getText, type Scenario } from '../api';
import { Badge, Legend } from './badge';
import { Controls, HeldFrames, step, togglePlay } from './controls';
import { Failure } from './failure';
import { FramePanel } from './frame_panel';
import { Graphs } from './graphs';
import { graphedSide } from '../graph';
import type { Lab } from '../lab';
import { Ladder } from './ladder';
import type { Player } from '../player';
import { nextQuestion, Predict } from './predict';
import { Prose } from './prose';
import { useScrollToFrame } from './scroll_to_frame';
import { sentenceOf } from '../sentences';
import { connectionOf, type Begin, type Counters, type End, type Frame } from '../trace';
import { TroubleBox } from './trouble';
import { pick, said, t } from '../words';

interface Props {
  scenario: Scenario;
  player: Player;
  lab: Lab;
  version: number; // changes with the player and the lab
}

export function ScenarioView({ scenario, player, lab, version }: Props) {
  const [text, setText] = useState<{ text: string; text_zh: string } | null>(null);
  const [failure, setFailure] = useState('');
  const [selected, setSelected] = useState<number | null>(null);
  const [predicting, setPredicting] = useState(false);
  const [graphing, setGraphing] = useState(() => matchMedia('(min-width: 720px) and (min-height: 640px)').matches);
  const [attempt, again] = useReducer((n: number) => n + 1, 0);

  const openRecording = () => {
    lab.close();
    setFailure('');
    getRecording(scenario.name).then(
      (rows) => player.open(rows, false),
      (error: Error) => setFailure(t('loadFailed', error.message)),
    );
  };
  const openLab = () => {
    setFailure('');
    lab.start(scenario.name);
  };
  useEffect(() => {
    getText(scenario.name).then(setText, (error: Error) => setFailure(t('loadFailed', error.message)));
    player.open([], false);
    if (scenario.recording) openRecording();
    return () => {
      player.pause();
      lab.close();
    };
  }, [attempt]);
  useScrollToFrame(selected);
  const asking = () => predicting && nextQuestion(player) !== null; // then only answering steps
  useKeys(player, lab, asking, () => (player.live ? openLab() : restart(player)));

  const side = useMemo(() => graphedSide(player.rows), [player.moments]);
  const frames = framesOf(player);
  const frame = frames.find((one) => one.n === selected);
  const begin = player.rows.find((row): row is Begin => row.type === 'begin');
  const newest = player.newest;
  return (
    <div class={`scenario ${frame ? 'with-panel' : ''}`}>
      <div class="stage">
        <div class="scroller">
          <Modes player={player} scenario={scenario} onRecording={openRecording} onLab={openLab} />
          {failure && <Failure text={failure} onRetry={() => again(0)} />}
          {!scenario.recording && !player.live && <p class="faint">{t('noRecording')}</p>}
          <TroubleBox lab={lab} />
          {begin && <Ends begin={begin} recorded={!player.live} several={several(frames)} />}
          <Ladder name={pick(scenario.title, scenario.title_zh)} moments={player.shown} selected={selected} onSelect={setSelected} />
          {newest?.kind === 'end' && <Ending end={newest.end} counters={countersOf(player)} recorded={!player.live} />}
          {text && (
            <section class="explanation">
              <h2>{t('explanation')}</h2>
              <Prose text={said(text)} />
            </section>
          )}
          <Legend />
        </div>
        <div class="dock">
          {graphing && side && <Graphs player={player} side={side} fixed={predicting} />}
          {predicting && <Predict player={player} version={version} onStep={() => step(player, lab)} />}
          {player.live && lab.phase === 'running' && <HeldFrames player={player} lab={lab} />}
          <p class="caption" role="status" aria-live="polite">
            {newest ? sentenceOf(newest) : player.live ? '' : t('ready')}
          </p>
          <Controls
            player={player}
            lab={lab}
            predicting={predicting}
            onPredict={setPredicting}
            graphing={side ? graphing : null}
            onGraph={setGraphing}
            onRestart={() => (player.live ? openLab() : restart(player))}
          />
        </div>
      </div>
      {frame && (
        <FramePanel
          key={frame.n}
          frame={frame}
          frames={frames}
          recorded={!player.live}
          onSelect={setSelected}
          onClose={() => {
            setSelected(null);
            document.querySelector<SVGElement>(`.arrow[data-n="${frame.n}"]`)?.focus();
          }}
        />
      )}
    </div>
  );
}

function restart(player: Player): void {
  player.pause();
  player.go(0);
}

// The frames that are shown, in the order they were sent.
function framesOf(player: Player): Frame[] {
  return player.shown.flatMap((moment) => (moment.kind === 'sent' ? [moment.frame] : []));
}

// The counters that changed on each side, without those that change on every connection.
const ROUTINE = /^Ip|^Tcp(InSegs|OutSegs|ActiveOpens|PassiveOpens)$|^TCP(PureAcks|HPAcks|HPHits|Delivered|OrigDataSent)$|^TW$/;

function countersOf(player: Player): Counters[] {
  return player.rows.flatMap((row) => {
    if (row.type !== 'counters') return [];
    const moved = Object.fromEntries(Object.entries(row.moved).filter(([name]) => !ROUTINE.test(name)));
    return Object.keys(moved).length > 0 ? [{ ...row, moved }] : [];
  });
}

// True if the frames belong to more than one connection.
function several(frames: Frame[]): boolean {
  return new Set(frames.flatMap((frame) => connectionOf(frame) ?? [])).size > 1;
}

function Modes({ player, scenario, onRecording, onLab }: { player: Player; scenario: Scenario; onRecording(): void; onLab(): void }) {
  const live = [true, t('live')] as const;
  return (
    <Choices
      name="mode"
      class="modes"
      label={t('controls')}
      options={scenario.recording ? [[false, t('recording')], live] : [live]}
      chosen={player.live}
      onChoose={(wantsLab) => (wantsLab ? onLab() : onRecording())}
    />
  );
}

function Ends({ begin, recorded, several: more }: { begin: Begin; recorded: boolean; several: boolean }) {
  return (
    <div class="ends">
      <span class="end-name">
        <b>{t('client')}</b> {begin.client}
      </span>
      <span class="system">
        {begin.system}
        <span class="badges">
          {recorded && <Badge source="recorded" />} {t('states')} <Badge source={begin.source} /> {t('frames')} <Badge source={begin.frames} />
        </span>
        {more && <span class="hint">{t('severalConnections')}</span>}
      </span>
      <span class="end-name right">
        <b>{t('server')}</b> {begin.server}
      </span>
    </div>
  );
}

function Ending({ end, counters, recorded }: { end: End; counters: Counters[]; recorded: boolean }) {
  return (
    <section class="ending">
      <Prose text={said(end)} />
      {counters.length > 0 && (
        <details>
          <summary>
            {t('counters')} <Badge source={recorded ? 'recorded' : 'reported'} />
          </summary>
          {counters.map(({ side, moved }) => (
            <dl class="table">
              {Object.entries(moved).map(([name, by]) => (
                <div>
                  <dt>
                    {t(side)} <code>{name}</code>
                  </dt>
                  <dd>{by > 0 ? `+${by}` : by}</dd>
                </div>
              ))}
            </dl>
          ))}
        </details>
      )}
    </section>
  );
}

function useKeys(player: Player, lab: Lab, asking: () => boolean, onRestart: () => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement;
      if (event.altKey || event.ctrlKey || event.metaKey || target.matches('select, textarea, input:not([type=checkbox])')) return;
      if (event.key === ' ' && target.matches('button, input, summary, [role=button]')) return;
      const act: Record<string, () => void> = {
        ' ': () => !asking() && togglePlay(player, lab),
        ArrowRight: () => !asking() && step(player, lab),
        ArrowLeft: () => !player.live && player.go(player.cursor - 1),
        r: onRestart,
      };
      const chosen = act[event.key];
      if (!chosen) return;
      event.preventDefault();
      chosen();
    };
    addEventListener('keydown', press);
    return () => removeEventListener('keydown', press);
  });
}
