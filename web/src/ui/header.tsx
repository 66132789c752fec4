// The room's name, its topic (any member may change it) and the buttons that open the drawers.
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { setTopic } from '../chat/topic';
import type { Room } from '../chat/room';
import { t } from '../i18n';
import { useApp } from './app';
import { IconButton } from './icon_button';
import { MenuIcon, MoreIcon, PenIcon, PeopleIcon } from './icons';
import { Text } from './text';

interface Props {
  room: Room;
  unreadElsewhere: boolean;
  membersOpen: boolean;
  onRooms(): void;
  onMembers(): void;
}

export function Header({ room, unreadElsewhere, membersOpen, onRooms, onMembers }: Props) {
  return (
    <header class="header">
      <IconButton icon={MenuIcon} class={unreadElsewhere ? 'rooms-button dot' : 'rooms-button'} label={t('openRooms')} onClick={onRooms} />
      <div class="title">
        <h1>
          <bdi>{room.name}</bdi>
        </h1>
        {!room.isQuery && <Topic key={room.key} room={room} />}
      </div>
      {!room.isQuery && (
        <button
          class="members-button"
          aria-label={t('openMembers', room.members.size)}
          aria-expanded={membersOpen}
          aria-controls="members"
          onClick={onMembers}
        >
          <PeopleIcon />
          <span>{room.members.size}</span>
        </button>
      )}
    </header>
  );
}

function Topic({ room }: { room: Room }) {
  const { session } = useApp();
  const [editing, setEditing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), [editing]);
  if (!editing) {
    return (
      <p class="topic">
        {room.topic ? <TopicText text={room.topic} /> : <span class="faint">{t('noTopic')}</span>}
        <IconButton icon={PenIcon} class="edit" label={t('editTopic')} disabled={!room.joined} onClick={() => setEditing(true)} />
      </p>
    );
  }
  const save = (event: Event) => {
    event.preventDefault();
    setTopic(session, room, field.current!.value);
    setEditing(false);
  };
  return (
    <form class="topic" onSubmit={save}>
      <input
        ref={field}
        aria-label={t('topicOf', room.name)}
        defaultValue={room.topic}
        onBlur={() => setEditing(false)}
        onKeyDown={(event) => {
          if (event.key !== 'Escape') return;
          event.stopPropagation();
          setEditing(false);
        }}
      />
    </form>
  );
}

// One line of the topic. If it does not fit, a button shows the whole.
function TopicText({ text }: { text: string }) {
  const line = useRef<HTMLSpanElement>(null);
  const [cut, setCut] = useState(false);
  const [whole, setWhole] = useState(false);
  useLayoutEffect(() => {
    if (whole) return;
    const measure = () => setCut(line.current!.scrollWidth > line.current!.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(line.current!);
    measure();
    return () => observer.disconnect();
  }, [text, whole]);
  return (
    <>
      <span ref={line} class={`line ${whole ? 'whole' : ''}`}>
        <Text text={text} me="" />
      </span>
      {(cut || whole) && (
        <button class="icon-button more" aria-label={t('topicWhole')} title={t('topicWhole')} aria-expanded={whole} onClick={() => setWhole(!whole)}>
          <MoreIcon />
        </button>
      )}
    </>
  );
}
