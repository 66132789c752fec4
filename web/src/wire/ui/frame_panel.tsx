// The chosen frame: its times, the states of both ends, why it was sent, and its layers.
import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';
import { Choices } from '../../ui/choices';
import { IconButton } from '../../ui/icon_button';
import { CloseIcon } from '../../ui/icons';
import { bytesOf } from '../api';
import { Badge } from './badge';
import { Layers } from './layers';
import { NextIcon, PreviousIcon } from './icons';
import { ms } from '../sentences';
import { numbersOf, receiver, sender, titleOf, type Frame, type Source } from '../trace';
import { pick, t } from '../words';

interface Props {
  frame: Frame;
  frames: Frame[]; // the frames that the two arrows step through
  recorded: boolean;
  timeless?: boolean; // its times were not measured
  onSelect(n: number): void;
  onClose(): void;
}

export function FramePanel({ frame, frames, recorded, timeless, onSelect, onClose }: Props) {
  const [arrived, setArrived] = useState(false);
  const at = frames.indexOf(frame);
  const step = (by: number) => onSelect(frames[Math.max(0, Math.min(frames.length - 1, at + by))]!.n);
  const why = pick(frame.why, frame.why_zh);
  const source = (live: Source) => <Badge source={recorded ? 'recorded' : live} />;
  return (
    <aside class="panel open" aria-label={t('frame', frame.n)}>
      <header class="panel-head">
        <h2>{t('frame', frame.n)}</h2>
        <IconButton icon={PreviousIcon} label={t('previousFrame')} onClick={() => step(-1)} />
        <IconButton icon={NextIcon} label={t('nextFrame')} onClick={() => step(1)} />
        <IconButton icon={CloseIcon} label={t('close')} onClick={onClose} />
      </header>
      <div class="panel-body">
        <p class="frame-title">
          <b>{titleOf(frame)}</b> {numbersOf(frame)} {source(frame.source)}
        </p>
        <p class="hint">
          {t(sender(frame))} {frame.src} → {t(receiver(frame))} {frame.dst}
          {!timeless && ` · ${t('sentAt')} ${t('ms', ms(frame.t_ns))}`}
          {!timeless && frame.delivered_ns !== null && ` · ${t('arrivedAt')} ${t('ms', ms(frame.delivered_ns))}`}
        </p>
        {why && <p class="why">{why}</p>}
        <StateTable frame={frame}>{source(frame.state.source)}</StateTable>
        {frame.arrived && (
          <Choices
            name="as"
            class="small-choices"
            options={[[false, t('asSent')], [true, t('asArrived')]]}
            chosen={arrived}
            onChoose={setArrived}
          />
        )}
        {frame.bytes && <Layers hex={bytesOf(frame, arrived)} link={frame.link} lab={!timeless} />}
      </div>
    </aside>
  );
}

function StateTable({ frame, children }: { frame: Frame; children: ComponentChildren }) {
  const { client, server } = frame.state;
  const after = frame.fate !== 'held';
  return (
    <table class="states">
      <thead>
        <tr>
          <td>{children}</td>
          <th scope="col">{t('client')}</th>
          <th scope="col">{t('server')}</th>
        </tr>
      </thead>
      <tbody>
        <tr>
          <th scope="row">{t('atSending')}</th>
          <td>{client[0]}</td>
          <td>{server[0]}</td>
        </tr>
        {after && (
          <tr>
            <th scope="row">{t('afterwards')}</th>
            <td class={client[1] === client[0] ? '' : 'changed'}>{client[1]}</td>
            <td class={server[1] === server[0] ? '' : 'changed'}>{server[1]}</td>
          </tr>
        )}
      </tbody>
    </table>
  );
}
