// The ladder as SVG: time runs down, the states are in the outer columns, the frames cross between them.
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { sceneOf, wrapText, displayWidth, type Arrow, type Band, type Moment, type Remark } from '../scene';
import { labelOf, ms } from '../sentences';
import { connectionOf, numbersOf, optionsOf, sender, titleOf, type Frame, type Side } from '../trace';
import { said, t } from '../words';

interface Props {
  name: string;
  moments: Moment[];
  selected: number | null;
  timeless?: boolean; // the times were not measured
  onSelect(n: number): void;
}

// The positions of the columns, in pixels.
interface Layout {
  width: number;
  left: number; // x of the client's line
  right: number; // x of the server's line
  narrow: boolean;
}

// How many moments are drawn at most: the last ones. When there are more, GONE of them go at once, so that not every new
// moment moves the others.
const MOST = 600;
const GONE = 200;

function lastOf(moments: Moment[]): Moment[] {
  const over = Math.max(0, moments.length - MOST);
  return moments.slice(Math.ceil(over / GONE) * GONE);
}

function layoutFor(width: number): Layout {
  const narrow = width < 600;
  const times = narrow ? 0 : 62;
  const state = narrow ? 88 : 118;
  return { width, left: times + state, right: width - state, narrow };
}

export function Ladder({ name, moments, selected, timeless, onSelect }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const measure = () => setWidth(Math.min(920, Math.max(300, box.current!.clientWidth)));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const layout = useMemo(() => layoutFor(width), [width]);
  const room = Math.floor((layout.right - layout.left - 40) / 6.6);
  const drawn = lastOf(moments);
  const scene = sceneOf(drawn, (text) => wrapText(text, room), said, layout.narrow ? 50 : 38);
  useStayAtEnd(box, scene.height);
  const last = drawn.at(-1);
  const newest = last && 'frame' in last ? last.frame.n : undefined;
  return (
    <div class="ladder" ref={box}>
      {width > 0 && (
        <svg width={width} height={scene.height} role="group" aria-label={t('ladder', name)}>
          <defs>
            {['', 'again', 'bad'].map((kind) => (
              <marker id={`tip${kind}`} class={`tip ${kind}`} viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse">
                <path d="M0 0.5L10 5L0 9.5z" />
              </marker>
            ))}
          </defs>
          {!layout.narrow && !timeless && <text class="time" x={54} y={14}>{t('msHead')}</text>}
          {!layout.narrow && !timeless && scene.times.map(({ y, at }) => <text class="time" x={54} y={y + 4}>{ms(at)}</text>)}
          {scene.bands.map((band) => <BandView band={band} layout={layout} />)}
          {scene.changes.map((change) => <StateLabel {...change} layout={layout} />)}
          {scene.arrows.map((arrow) => (
            <Line key={arrow.frame.n} arrow={arrow} layout={layout} selected={arrow.frame.n === selected} fresh={arrow.frame.n === newest} />
          ))}
          {scene.remarks.map((remark) => <RemarkView remark={remark} layout={layout} />)}
          {scene.arrows.map((arrow) => (
            <Handle key={arrow.frame.n} arrow={arrow} layout={layout} several={scene.several} selected={arrow.frame.n === selected} onSelect={onSelect} />
          ))}
        </svg>
      )}
    </div>
  );
}

// Scrolls as the chat does: at the end it follows new moments, elsewhere it stays. A ladder that starts over shows its
// top.
function useStayAtEnd(box: { current: HTMLDivElement | null }, height: number): void {
  const last = useRef(0);
  useLayoutEffect(() => {
    const scroller = box.current?.closest('.scroller');
    if (!scroller) return;
    const bottom = box.current!.getBoundingClientRect().bottom - scroller.getBoundingClientRect().bottom;
    const wasSeen = bottom - (height - last.current) < 60;
    if (height < last.current) scroller.scrollTop = Math.min(scroller.scrollTop, scroller.scrollTop + Math.min(0, bottom));
    else if (bottom > 0 && wasSeen) scroller.scrollTop += bottom;
    last.current = height;
  }, [height]);
}

// The states by colour: idle, opening, open, closing, TIME-WAIT.
function family(state: string): string {
  if (/^SYN/.test(state)) return 'opening';
  if (state === 'ESTABLISHED') return 'open';
  if (state === 'TIME-WAIT') return 'waiting';
  return /WAIT|CLOSING|ACK/.test(state) ? 'closing' : state === '?' ? 'unknown' : 'idle';
}

function BandView({ band, layout }: { band: Band; layout: Layout }) {
  const x = band.side === 'client' ? layout.left : layout.right;
  return (
    <g class={`band ${family(band.state)}`}>
      <rect x={x - 4} y={band.from} width={8} height={Math.max(0, band.to - band.from)} />
      {band.state !== '?' && <StateLabel side={band.side} state={band.state} y={band.from || 9} layout={layout} />}
    </g>
  );
}

function StateLabel({ side, state, y, layout }: { side: Side; state: string; y: number; layout: Layout }) {
  const client = side === 'client';
  return (
    <text class={`state ${family(state)}`} x={client ? layout.left - 12 : layout.right + 12} y={y + 5} text-anchor={client ? 'end' : 'start'}>
      {state}
    </text>
  );
}

function RemarkView({ remark, layout }: { remark: Remark; layout: Layout }) {
  const middle = (layout.left + layout.right) / 2;
  const anchor = remark.side === null ? 'middle' : remark.side === 'client' ? 'start' : 'end';
  const x = remark.side === null ? middle : remark.side === 'client' ? layout.left + 16 : layout.right - 16;
  return (
    <g class={`remark ${remark.side ?? 'note'}`}>
      {remark.side && <circle cx={remark.side === 'client' ? layout.left : layout.right} cy={remark.y} r={5} />}
      {remark.lines.map((line, i) => (
        <text x={x} y={remark.y + 4 + 17 * i} text-anchor={anchor}>
          {line}
        </text>
      ))}
    </g>
  );
}

// The position and the look of an arrow.
function shapeOf({ frame, from: top, to: bottom }: Arrow, layout: Layout) {
  const client = sender(frame) === 'client';
  const [from, to] = client ? [layout.left + 7, layout.right - 7] : [layout.right - 7, layout.left + 7];
  const held = bottom === null;
  const lost = !held && frame.fate === 'dropped';
  const end = { x: held || lost ? from + (to - from) * 0.56 : to, y: held ? top + 12 : bottom };
  const damaged = lost || (!held && frame.fate === 'corrupted');
  const kind = damaged ? 'bad' : frame.retransmission_of || frame.copy_of ? 'again' : '';
  return { client, from, held, lost, end, kind, line: `M${from} ${top}L${end.x} ${end.y}` };
}

// The visible line of an arrow. All lines are drawn first, so that no label is covered.
function Line({ arrow, layout, selected, fresh }: { arrow: Arrow; layout: Layout; selected: boolean; fresh: boolean }) {
  const { frame } = arrow;
  const { held, lost, end, kind, line } = shapeOf(arrow, layout);
  return (
    <g class={`line ${kind} ${held ? 'held' : frame.fate} ${frame.source} ${fresh ? 'fresh' : ''}`} aria-hidden="true">
      {selected && <path class="chosen" d={line} />}
      <path class="seg" d={line} data-n={frame.n} data-flags={frame.flags?.join(',')} marker-end={held || lost ? undefined : `url(#tip${kind})`} />
      {held && <circle class="parcel" cx={end.x} cy={end.y} r={6} />}
      {lost && <path class="cross" d={`M${end.x - 6} ${end.y - 6}l12 12M${end.x + 6} ${end.y - 6}l-12 12`} />}
    </g>
  );
}

interface HandleProps {
  arrow: Arrow;
  layout: Layout;
  several: boolean;
  selected: boolean;
  onSelect(n: number): void;
}

// The label of an arrow, and its target for mouse, keyboard and screen readers. What is seen is no part of the button:
// the name that is read aloud says it in words.
function Handle({ arrow, layout, several, selected, onSelect }: HandleProps) {
  const { frame } = arrow;
  const { client, from, held, lost, end, kind, line } = shapeOf(arrow, layout);
  const choose = () => onSelect(frame.n);
  const button = (
    <g
      class="arrow"
      role="button"
      tabindex={0}
      aria-label={labelOf(frame, held)}
      aria-pressed={selected}
      data-n={frame.n}
      onClick={choose}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        choose();
      }}
    >
      <path class="touch" d={line} />
    </g>
  );
  const words = (
    <g class={`words ${kind}`} aria-hidden="true" onClick={choose}>
      <Label frame={frame} held={held} several={several} x={client ? from + 9 : from - 9} y={arrow.from} client={client} layout={layout} />
      {lost && (
        <text class="tag" x={end.x + (client ? 14 : -14)} y={end.y + 4} text-anchor={client ? 'start' : 'end'}>
          {t('lost')}
        </text>
      )}
    </g>
  );
  return (
    <>
      {button}
      {words}
    </>
  );
}

interface LabelProps {
  frame: Frame;
  held: boolean;
  several: boolean; // there are several connections: show the client's port
  x: number;
  y: number;
  client: boolean;
  layout: Layout;
}

function Label({ frame, held, several, x, y, client, layout }: LabelProps) {
  const tags = [
    frame.copy_of ? t('copyOf', frame.copy_of) : '',
    frame.retransmission_of ? t('again', frame.retransmission_of) : '',
    !held && frame.fate === 'corrupted' ? t('damaged') : '',
    held ? t('onTheWay') : '',
    frame.source === 'inferred' ? t('inferred') : '',
  ].filter(Boolean);
  const numbers = [numbersOf(frame), layout.narrow ? '' : optionsOf(frame)].filter(Boolean).join(' ');
  const anchor = client ? 'start' : 'end';
  const port = several ? connectionOf(frame)?.split(':').at(-1) : undefined;
  const head = `#${frame.n} ${port ? `:${port} ` : ''}`;
  const room = Math.floor((layout.right - layout.left - 40) / 6.3) - displayWidth(head + tags.join(' ')) - 1;
  const title = (
    <>
      <tspan class="number">{head}</tspan>
      <tspan class="title">{cut(titleOf(frame), room)}</tspan>
      {tags.length > 0 && <tspan class="tag"> {tags.join(' ')}</tspan>}
    </>
  );
  if (layout.narrow) {
    return (
      <>
        <text x={x} y={y - 20} text-anchor={anchor}>
          {title}
        </text>
        <text class="numbers" x={x} y={y - 6} text-anchor={anchor}>
          {cut(numbers, room + 8)}
        </text>
      </>
    );
  }
  return (
    <text x={x} y={y - 6} text-anchor={anchor}>
      {title}
      {numbers && <tspan class="numbers"> {cut(numbers, room - displayWidth(titleOf(frame)) - 1)}</tspan>}
    </text>
  );
}

function cut(text: string, room: number): string {
  if (displayWidth(text) <= room) return text;
  let out = '';
  for (const character of text) {
    if (displayWidth(out + character) >= room) break;
    out += character;
  }
  return `${out.trimEnd()}…`;
}
