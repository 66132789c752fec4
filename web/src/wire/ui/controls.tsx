// The toolbar (play, step, speed), and the actions on the held frames of a live lab.
import type { Lab } from '../lab';
import { IconButton } from '../../ui/icon_button';
import { BackIcon, PauseIcon, PlayIcon, RestartIcon, StepIcon } from './icons';
import type { Player } from '../player';
import { nextQuestion } from './predict';
import { heldOf } from '../scene';
import { titleOf, type Frame } from '../trace';
import { t } from '../words';

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const DELAY_MS = 300;

interface Props {
  player: Player;
  lab: Lab;
  predicting: boolean;
  onPredict(on: boolean): void;
  graphing: boolean | null; // null: there is nothing to draw
  onGraph(on: boolean): void;
  onRestart(): void;
}

export function Controls({ player, lab, predicting, onPredict, graphing, onGraph, onRestart }: Props) {
  const live = player.live;
  const idle = live && lab.phase !== 'running';
  const waits = predicting && nextQuestion(player) !== null; // answering the question steps
  return (
    <div class="controls" role="toolbar" aria-label={t('controls')}>
      <IconButton icon={RestartIcon} label={t('restart')} hint={`${t('restart')} (R)`} onClick={onRestart} />
      {!live && (
        <IconButton icon={BackIcon} label={t('back')} hint={`${t('back')} (←)`} disabled={player.cursor === 0} onClick={() => player.go(player.cursor - 1)} />
      )}
      <button class="primary with-icon" disabled={idle || waits} onClick={() => togglePlay(player, lab)}>
        {player.playing ? <PauseIcon /> : <PlayIcon />}
        {t(player.playing ? 'pause' : 'play')}
      </button>
      <button class="small with-icon" title={`${t('step')} (→)`} disabled={idle || waits || (!live && player.atEnd)} onClick={() => step(player, lab)}>
        <StepIcon />
        {t('step')}
      </button>
      <label class="speed">
        <span>{t('speed')}</span>
        <select value={String(player.speed)} onChange={(event) => setSpeed(player, lab, Number(event.currentTarget.value))}>
          {SPEEDS.map((speed) => (
            <option value={String(speed)}>{`${speed} ×`}</option>
          ))}
        </select>
      </label>
      <label class="toggle">
        <input type="checkbox" checked={predicting} onChange={(event) => onPredict(event.currentTarget.checked)} />
        <span>{t('predict')}</span>
      </label>
      {graphing !== null && (
        <label class="toggle">
          <input type="checkbox" checked={graphing} onChange={(event) => onGraph(event.currentTarget.checked)} />
          <span>{t('graphs')}</span>
        </label>
      )}
      {!live && <span class="position">{t('position', player.cursor, player.moments.length)}</span>}
    </div>
  );
}

export function togglePlay(player: Player, lab: Lab): void {
  if (!player.live) return player.playing ? player.pause() : player.play();
  lab.tell(player.playing ? 'pause' : 'play');
  player.playing = !player.playing;
  player.changed();
}

export function step(player: Player, lab: Lab): void {
  if (!player.live) {
    player.pause();
    return player.step();
  }
  player.playing = false;
  lab.tell('step');
  player.changed();
}

function setSpeed(player: Player, lab: Lab, speed: number): void {
  player.speed = speed;
  if (player.live) lab.tell(`speed ${speed}`);
  player.changed();
}

export function HeldFrames({ player, lab }: { player: Player; lab: Lab }) {
  const held = heldOf(player.shown);
  return (
    <section class="held-frames" aria-label={t('heldFrames')}>
      <h3>{t('heldFrames')}</h3>
      {held.length === 0 && <p class="faint">{t('nothingHeld')}</p>}
      <ul>
        {held.slice(0, 8).map((frame) => (
          <Held key={frame.n} frame={frame} lab={lab} />
        ))}
      </ul>
    </section>
  );
}

function Held({ frame, lab }: { frame: Frame; lab: Lab }) {
  const acts = [
    [`deliver ${frame.n}`, t('deliver')],
    [`drop ${frame.n}`, t('drop')],
    [`duplicate ${frame.n}`, t('duplicate')],
    [`delay ${frame.n} ${DELAY_MS}`, t('delay')],
  ] as const;
  return (
    <li>
      <span>
        <b>#{frame.n}</b> {titleOf(frame)} {frame.dir === 'c>s' ? '→' : '←'}
      </span>
      {acts.map(([command, label]) => (
        <button class="small" aria-label={`${label} #${frame.n}`} onClick={() => lab.tell(command)}>
          {label}
        </button>
      ))}
    </li>
  );
}
