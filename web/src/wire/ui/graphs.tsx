// What one side sends, over time, up to where the player is: sequence numbers, congestion window, round trip. A click goes to
// that time.
import { useMemo } from 'preact/hooks';
import { graphsOf, LEVELS, momentsUntil, pathOf, STROKES, topOf, type GraphKind, type Mark, type Point } from '../graph';
import type { Player } from '../player';
import { ms } from '../sentences';
import type { Side } from '../trace';
import { t, type Key } from '../words';

const SIZE = { width: 1000, height: 300 }; // the browser stretches it
const KINDS: GraphKind[] = ['sequence', 'cwnd', 'rtt'];
const MARKS: Mark[] = [...LEVELS, ...STROKES];
const TITLES: Record<GraphKind, Key> = { sequence: 'graphSequence', cwnd: 'graphCwnd', rtt: 'graphRtt' };
const UNITS: Record<GraphKind, Key> = { sequence: 'unit_byte', cwnd: 'unit_segment', rtt: 'unit_ms' };
const NAMES: Record<GraphKind, Partial<Record<Mark, Key>>> = {
  sequence: { data: 'graphData', again: 'graphAgain', lost: 'lost', level: 'graphAcked', limit: 'graphWindow' },
  cwnd: { level: 'graphLevel', limit: 'graphThreshold' },
  rtt: { level: 'graphSmoothed' },
};

interface Props {
  player: Player;
  side: Side;
  fixed: boolean; // clicks go nowhere
}

export function Graphs({ player, side, fixed }: Props) {
  const { moments } = player;
  const all = useMemo(() => graphsOf(moments, side), [moments, side]);
  const shown = player.shown === moments ? all : graphsOf(player.shown, side);
  const end = Math.max(1, moments.at(-1)?.at ?? 1);
  const now = player.newest?.at ?? 0;
  const goTo = (at: number) => {
    player.pause();
    player.go(momentsUntil(moments, at));
  };
  return (
    <section class="graphs" aria-label={t('graphsOf', t(side))}>
      <div class="graph-row">
        {KINDS.filter((kind) => all[kind].length > 0).map((kind) => {
          const top = topOf(all[kind]);
          const marks = new Set(all[kind].filter((point) => point.to <= top).map((point) => point.mark));
          return <GraphView key={kind} {...{ kind, marks, top, end, now }} points={shown[kind]} onGo={player.live || fixed ? undefined : goTo} />;
        })}
      </div>
      {!player.live && (
        <input
          type="range"
          aria-label={t('graphPosition')}
          aria-valuetext={t('ms', ms(now))}
          max={moments.length}
          value={player.cursor}
          disabled={fixed}
          onInput={(event) => {
            player.pause();
            player.go(Number(event.currentTarget.value));
          }}
        />
      )}
    </section>
  );
}

interface ViewProps {
  kind: GraphKind;
  points: Point[]; // up to `now`
  marks: Set<Mark>; // all that will be seen
  top: number;
  end: number;
  now: number;
  onGo?(at: number): void;
}

function GraphView({ kind, points, marks, top, end, now, onGo }: ViewProps) {
  const x = (now / end) * SIZE.width;
  const scale = { ...SIZE, end, top };
  const names = (Object.entries(NAMES[kind]) as [Mark, Key][]).filter(([mark]) => marks.has(mark));
  const go = (event: MouseEvent) => {
    const box = (event.currentTarget as Element).getBoundingClientRect();
    onGo?.(((event.clientX - box.left) / box.width) * end);
  };
  const title = t(TITLES[kind]);
  const unit = t(UNITS[kind]);
  return (
    <figure class={`graph ${kind}`}>
      <figcaption>
        <b>{title}</b>
        {names.map(([mark, name]) => (
          <span class={`key is-${mark}`}>{t(name)}</span>
        ))}
      </figcaption>
      <div class="plot">
        <span class="top">
          {Math.round(top)} {unit}
        </span>
        <svg class={onGo ? 'goes' : ''} viewBox={`0 0 ${SIZE.width} ${SIZE.height}`} preserveAspectRatio="none" role="img" aria-label={t('graphSays', title, summaryOf(kind, points))} onClick={go}>
          {MARKS.map((mark) => (
            <path class={`is-${mark}`} d={drawn(points, mark, scale, x)} />
          ))}
          <path class="now" d={`M${x} 0V${SIZE.height}`} />
        </svg>
        <span class="end">{t('ms', ms(end))}</span>
      </div>
    </figure>
  );
}

// A level goes on until now.
function drawn(points: Point[], mark: Mark, scale: Parameters<typeof pathOf>[2], x: number): string {
  const path = pathOf(points, mark, scale);
  return path !== '' && LEVELS.some((level) => level === mark) ? `${path}H${x.toFixed(1)}` : path;
}

// The graph in one sentence, as it stands.
function summaryOf(kind: GraphKind, points: Point[]): string {
  const last = (mark: Mark) => points.filter((point) => point.mark === mark).at(-1)?.from;
  const count = (mark: Mark) => points.filter((point) => point.mark === mark).length;
  if (kind === 'sequence') return t('sequenceSays', count('data') + count('again') + count('lost'), count('lost'), count('again'), Math.max(0, (last('level') ?? 1) - 1));
  const value = last('level');
  if (value === undefined) return t('graphNothing');
  if (kind === 'rtt') return t('rttSays', Math.round(value));
  const threshold = last('limit');
  return threshold === undefined ? t('cwndSays', value) : t('cwndSaysMore', value, threshold);
}
