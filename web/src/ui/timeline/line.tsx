// One row of the timeline.
import { memo } from '../memo';
import type { Line } from '../../chat/room';
import { t } from '../../i18n';
import { Avatar, Nick } from '../avatar';
import { clock, exact } from '../dates';
import { Text } from '../text';

interface LineProps {
  line: Line;
  first: boolean;
  me: string;
  // '': the server has the line. 'waiting': no echo yet. Anything else: why sending failed.
  pendingState: '' | 'waiting' | string;
  onRetry(id: string): void;
  onDiscard(id: string): void;
  onNick(nick: string): void;
}

export const LineRow = memo(function LineRow(props: LineProps) {
  const { line, first, me, pendingState, onNick } = props;
  if (line.kind === 'info' || line.kind === 'error') {
    return (
      <div class={`row aside ${line.kind}`}>
        <Text text={line.text} me="" />
      </div>
    );
  }
  const failed = pendingState !== '' && pendingState !== 'waiting';
  const state = pendingState === '' ? '' : failed ? ' failed' : ' waiting';
  const action = line.kind === 'act';
  const head = `${clock(line.time)} ${action ? `* ${line.nick} ` : `${line.nick}: `}`; // for copy.ts
  const look = `row ${first ? 'first' : 'more'} ${line.kind}${line.mine ? ' mine' : ''}${state}`;
  return (
    <div class={look} data-msgid={line.msgid} data-head={head}>
      <div class="gutter">{first && !action ? <Avatar nick={line.nick} /> : <Clock time={line.time} />}</div>
      <div class="body">
        {first && !action && (
          <div class="byline">
            <button class="plain" onClick={() => onNick(line.nick)} title={t('writeTo', line.nick)}>
              <Nick nick={line.nick} />
            </button>
            <Clock time={line.time} />
          </div>
        )}
        <div class="said">
          {!first && <span class="sr">{line.nick}: </span>}
          {action && (
            <>
              <Nick nick={line.nick} />{' '}
            </>
          )}
          <Text text={line.text} me={line.mine ? '' : me} />
          {pendingState === 'waiting' && <span class="state">{t('sending')}</span>}
        </div>
        {failed && <Failed {...props} />}
      </div>
    </div>
  );
});

function Failed({ pendingState, line, onRetry, onDiscard }: LineProps) {
  return (
    <div class="failure" role="alert">
      <span>
        {t('notSent')} {pendingState}
      </span>
      <button class="small" onClick={() => onRetry(line.key)}>
        {t('retry')}
      </button>
      <button class="small quiet" onClick={() => onDiscard(line.key)}>
        {t('discard')}
      </button>
    </div>
  );
}

function Clock({ time }: { time: number }) {
  return (
    <time dateTime={new Date(time).toISOString()} title={exact(time)}>
      {clock(time)}
    </time>
  );
}

export const DayRow = memo(function DayRow({ name }: { name: string }) {
  return (
    <div class="rule day" role="separator" aria-label={name}>
      <span>{name}</span>
    </div>
  );
});

export function NewRow() {
  return (
    <div class="rule new" role="separator" aria-label={t('newMark')}>
      <span>{t('newMark')}</span>
    </div>
  );
}

const SHOWN_EVENTS = 5;

export const EventsRow = memo(function EventsRow({ text, time }: { text: string; time: number }) {
  return (
    <div class="row events" title={exact(time)}>
      <bdi>{text}</bdi>
    </div>
  );
});

export function eventsText(lines: Line[]): string {
  const shown = lines.length > SHOWN_EVENTS + 1 ? lines.slice(-SHOWN_EVENTS) : lines;
  const hidden = lines.length - shown.length;
  const words = shown.map(eventText);
  if (hidden) words.unshift(t('evMore', hidden));
  return words.join(t('listSeparator'));
}

// Unicode isolates, so that a right-to-left name does not reorder the sentence around it.
function isolate(name: string): string {
  return `\u2068${name}\u2069`;
}

function eventText({ nick, event }: Line): string {
  const who = isolate(nick);
  switch (event?.type) {
    case 'join':
      return t('evJoin', who);
    case 'part':
      return t('evPart', who);
    case 'quit':
      return t('evQuit', who);
    case 'nick':
      return t('evNick', who, isolate(event.detail));
    case 'topic':
      return event.detail ? t('evTopic', who, isolate(event.detail)) : t('evTopicGone', who);
    case 'kick':
      return t('evKick', who, isolate(event.detail));
    default:
      return '';
  }
}
