// The ladder as SVG: time runs down, states stand in the outer columns, frames cross between.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { sceneOf, wrapText, columnsOf, type Arrow, type Band, type Moment, type Remark } from './scene';
import { labelOf, ms } from './sentences';
import { numbersOf, optionsOf, sender, titleOf, type Frame } from './trace';
import { said, t } from './words';

interface Props {
  name: string;
  moments: Moment[];
  selected: number | null;
  timeless?: boolean; // nobody has measured when
  onSelect(n: number): void;
}

// Where the columns stand, in pixels.
interface Frame2D {
  width: number;
  left: number; // the client's line
  right: number; // the server's
  narrow: boolean;
}

const MOST = 900; // moments that are drawn; of a flood the last

function columnsFor(width: number): Frame2D {
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
  const place = useMemo(() => columnsFor(width), [width]);
  const room = Math.floor((place.right - place.left - 40) / 6.6);
  const drawn = moments.length > MOST ? moments.slice(-MOST) : moments;
  const scene = sceneOf(drawn, (text) => wrapText(text, room), said, place.narrow ? 50 : 38);
  useStayAtEnd(box, scene.height);
  const newest = drawn.at(-1);
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
          {!place.narrow && !timeless && scene.times.map(({ y, at }) => <text class="time" x={54} y={y + 4}>{ms(at)}</text>)}
          {scene.bands.map((band) => <BandView band={band} place={place} />)}
          {scene.remarks.map((remark) => <RemarkView remark={remark} place={place} />)}
          {scene.arrows.map((arrow) => (
            <ArrowView
              key={arrow.frame.n}
              arrow={arrow}
              place={place}
              selected={arrow.frame.n === selected}
              fresh={newest !== undefined && 'frame' in newest && newest.frame.n === arrow.frame.n}
              onSelect={onSelect}
            />
          ))}
        </svg>
      )}
    </div>
  );
}

// As in the chat: who looks at the end sees what comes; who has scrolled up stays there.
function useStayAtEnd(box: { current: HTMLDivElement | null }, height: number): void {
  const last = useRef(0);
  useEffect(() => {
    const scroller = box.current?.closest('.scroller');
    if (scroller && height > last.current) {
      const grown = height - last.current;
      const below = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight;
      if (below < grown + 160) {
        const bottom = box.current!.getBoundingClientRect().bottom - scroller.getBoundingClientRect().bottom;
        if (bottom > 0) scroller.scrollTop += bottom + 8;
      }
    }
    last.current = height;
  }, [height]);
}

// The states' colours: a family each for not yet, opening, open, closing, and waiting out.
function family(state: string): string {
  if (/^SYN/.test(state)) return 'opening';
  if (state === 'ESTABLISHED') return 'open';
  if (state === 'TIME-WAIT') return 'waiting';
  return /WAIT|CLOSING|ACK/.test(state) ? 'closing' : state === '?' ? 'unknown' : 'idle';
}

function BandView({ band, place }: { band: Band; place: Frame2D }) {
  const client = band.side === 'client';
  const x = client ? place.left : place.right;
  const first = band.from === 0;
  return (
    <g class={`band ${family(band.state)}`}>
      <rect x={x - 4} y={band.from} width={8} height={Math.max(0, band.to - band.from)} />
      {band.state !== '?' && (
        <text x={client ? x - 12 : x + 12} y={band.from + (first ? 14 : 5)} text-anchor={client ? 'end' : 'start'}>
          {band.state}
        </text>
      )}
    </g>
  );
}

function RemarkView({ remark, place }: { remark: Remark; place: Frame2D }) {
  const middle = (place.left + place.right) / 2;
  const anchor = remark.side === null ? 'middle' : remark.side === 'client' ? 'start' : 'end';
  const x = remark.side === null ? middle : remark.side === 'client' ? place.left + 16 : place.right - 16;
  return (
    <g class={`remark ${remark.side ?? 'note'}`}>
      {remark.side && <circle cx={remark.side === 'client' ? place.left : place.right} cy={remark.y} r={5} />}
      {remark.lines.map((line, i) => (
        <text x={x} y={remark.y + 4 + 17 * i} text-anchor={anchor}>
          {line}
        </text>
      ))}
    </g>
  );
}

interface ArrowProps {
  arrow: Arrow;
  place: Frame2D;
  selected: boolean;
  fresh: boolean;
  onSelect(n: number): void;
}

function ArrowView({ arrow, place, selected, fresh, onSelect }: ArrowProps) {
  const { frame } = arrow;
  const client = sender(frame) === 'client';
  const [from, to] = client ? [place.left + 7, place.right - 7] : [place.right - 7, place.left + 7];
  const held = arrow.to === null;
  const lost = !held && frame.fate === 'dropped';
  const short = held || lost;
  const endX = short ? from + (to - from) * 0.56 : to;
  const endY = held ? arrow.from + 12 : arrow.to!;
  const kind = frame.fate === 'dropped' || frame.fate === 'corrupted' ? 'bad' : frame.retransmission_of || frame.copy_of ? 'again' : '';
  const line = `M${from} ${arrow.from}L${endX} ${endY}`;
  const choose = () => onSelect(frame.n);
  return (
    <g
      class={`arrow ${kind} ${held ? 'held' : frame.fate} ${frame.source} ${selected ? 'selected' : ''} ${fresh ? 'fresh' : ''}`}
      role="button"
      tabIndex={0}
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
      <path class="seg" d={line} data-n={frame.n} data-flags={frame.flags?.join(',')} marker-end={short ? undefined : `url(#tip${kind})`} />
      {held && <circle class="parcel" cx={endX} cy={endY} r={6} />}
      {lost && <path class="cross" d={`M${endX - 6} ${endY - 6}l12 12M${endX + 6} ${endY - 6}l-12 12`} />}
      <Label frame={frame} held={held} x={client ? from + 9 : from - 9} y={arrow.from} client={client} place={place} />
      {lost && <text class="tag" x={endX + (client ? 14 : -14)} y={endY + 4} text-anchor={client ? 'start' : 'end'}>{t('lost')}</text>}
    </g>
  );
}

function Label({ frame, held, x, y, client, place }: { frame: Frame; held: boolean; x: number; y: number; client: boolean; place: Frame2D }) {
  const tags = [
    frame.copy_of ? t('copyOf', frame.copy_of) : '',
    frame.retransmission_of ? t('again', frame.retransmission_of) : '',
    !held && frame.fate === 'corrupted' ? t('damaged') : '',
    held ? t('onTheWay') : '',
  ].filter(Boolean);
  const numbers = [numbersOf(frame), place.narrow ? '' : optionsOf(frame)].filter(Boolean).join(' ');
  const anchor = client ? 'start' : 'end';
  const head = `#${frame.n} `;
  const room = Math.floor((place.right - place.left - 40) / 6.3) - columnsOf(head + tags.join(' ')) - 1;
  const title = (
    <>
      <tspan class="number">{head}</tspan>
      <tspan class="title">{cut(titleOf(frame), room)}</tspan>
      {tags.length > 0 && <tspan class="tag"> {tags.join(' ')}</tspan>}
    </>
  );
  if (place.narrow) {
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
      {numbers && <tspan class="numbers"> {cut(numbers, room - columnsOf(titleOf(frame)) - 1)}</tspan>}
    </text>
  );
}

function cut(text: string, room: number): string {
  if (columnsOf(text) <= room) return text;
  let out = '';
  for (const character of text) {
    if (columnsOf(out + character) >= room) break;
    out += character;
  }
  return `${out.trimEnd()}…`;
}
