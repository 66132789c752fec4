// The bytes in rows of sixteen, or of eight where space is short. Tints the chosen layer, highlights the chosen field.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { ascii, toBytes, type ByteRange } from '../bytes';
import { t } from '../words';

interface Props {
  hex: string;
  soft: ByteRange | null;
  strong: ByteRange | null;
  levels: ({ osi: number } & ByteRange)[];
  onByte(byte: number): void;
}

export function Hex({ hex, soft, strong, levels, onByte }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [row, setRow] = useState(16);
  useLayoutEffect(() => {
    const fit = () => setRow(box.current!.clientWidth < 470 ? 8 : 16);
    fit();
    const observer = new ResizeObserver(fit);
    observer.observe(box.current!);
    return () => observer.disconnect();
  }, []);
  const bytes = toBytes(hex);
  const rows = Array.from({ length: Math.ceil(bytes.length / row) }, (_, i) => i * row);
  const look = (at: number) => {
    const level = levels.filter(({ from, to }) => at >= from && at < to).at(-1);
    return `byte osi${level?.osi ?? 0} ${within(soft, at) ? 'soft' : ''} ${within(strong, at) ? 'strong' : ''}`;
  };
  return (
    <section aria-label={t('hex')}>
      <h3>{t('hex')}</h3>
      <div class="hex" ref={box} onClick={(event) => choose(event.target as HTMLElement, onByte)}>
        {rows.map((from) => (
          <div class="hex-row">
            <span class="offset">{from.toString(16).padStart(4, '0')}</span>
            <span class="pairs">
              {bytes.slice(from, from + row).map((byte, i) => (
                <span class={look(from + i)} data-at={from + i}>
                  {byte.toString(16).padStart(2, '0')}
                </span>
              ))}
            </span>
            <span class="ascii" aria-hidden="true">
              {bytes.slice(from, from + row).map((byte, i) => (
                <span class={look(from + i)} data-at={from + i}>
                  {ascii(byte)}
                </span>
              ))}
            </span>
          </div>
        ))}
      </div>
      <p class="hint">{t('wholeFrame', bytes.length)}</p>
    </section>
  );
}

function within(range: ByteRange | null, at: number): boolean {
  return range !== null && at >= range.from && at < range.to;
}

function choose(target: HTMLElement, onByte: (byte: number) => void): void {
  const at = target.dataset.at;
  if (at !== undefined) onByte(Number(at));
}
