// Describes frames for screen readers, and moments for the caption below the ladder.
import type { Moment } from './scene';
import { receiver, sender, titleOf, type Frame } from './trace';
import { pick, said, t, type Key } from './words';

const FATES: Record<Frame['fate'], Key> = {
  held: 'fateHeld',
  delivered: 'fateDelivered',
  dropped: 'fateDropped',
  corrupted: 'fateCorrupted',
};

export function labelOf(frame: Frame, held: boolean): string {
  return t('frameLabel', frame.n, titleOf(frame), t(sender(frame)), t(receiver(frame)), t(FATES[held ? 'held' : frame.fate]));
}

export function sentenceOf(moment: Moment): string {
  switch (moment.kind) {
    case 'sent':
      return t('isSent', moment.frame.n, titleOf(moment.frame), t(sender(moment.frame)));
    case 'fate':
      return `${arrival(moment.frame)} ${pick(moment.frame.why, moment.frame.why_zh)}`.trim();
    case 'app':
      return said(moment.app);
    case 'note':
      return said(moment.note);
    case 'end':
      return t('finished');
  }
}

function arrival(frame: Frame): string {
  const to = receiver(frame);
  if (frame.fate === 'dropped') return t('isLost', frame.n, titleOf(frame));
  if (frame.fate === 'corrupted') return t('isDamaged', frame.n, titleOf(frame), t(to));
  const [before, after] = frame.state[to];
  if (before === '?' || frame.type === 'frame') return t('arrivesPlain', frame.n, titleOf(frame), t(to));
  if (before === after) return t('arrivesSame', frame.n, titleOf(frame), t(to), after);
  return t('arrives', frame.n, titleOf(frame), t(to), before, after);
}

// Nanoseconds as milliseconds, with a decimal below 100.
export function ms(ns: number): string {
  const value = ns / 1e6;
  return value.toFixed(value >= 100 ? 0 : 1);
}
