// Ctrl+K: go to a room or a person, or join a room by typing its name.
import { useEffect, useState } from 'preact/hooks';
import type { Chat } from '../chat/chat';
import { fold, roomName } from '../irc/names';
import { t } from '../i18n';
import { useApp } from './app';
import { Avatar } from './avatar';
import { Dialog } from './dialog';

interface Choice {
  name: string;
  detail: string;
  person: boolean;
  label?: string;
}

export function Switcher({ onClose }: { onClose(): void }) {
  const { chat, session, go, writeTo } = useApp();
  const [text, setText] = useState('');
  const [selected, setSelected] = useState(0);
  useEffect(() => {
    if (chat.phase === 'online') chat.command('LIST');
  }, []);
  const choices = choicesFor(chat, text);
  const at = Math.min(selected, choices.length - 1);

  const choose = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    const room = chat.room(choice.name);
    if (choice.person) writeTo(choice.name);
    else if (room?.joined) go(room);
    else session.join(choice.name);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (!step || event.altKey) return;
    event.preventDefault();
    setSelected((at + step + choices.length) % Math.max(1, choices.length));
  };

  return (
    <Dialog title={t('goTo')} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          choose(choices[at]);
        }}
      >
        <input
          data-autofocus
          class="search"
          role="combobox"
          aria-label={t('roomOrPerson')}
          aria-expanded="true"
          aria-controls="choices"
          aria-activedescendant={choices[at] ? `choice-${at}` : undefined}
          placeholder={`#… ${t('roomOrPerson')}`}
          autocomplete="off"
          autocapitalize="off"
          spellcheck={false}
          value={text}
          onInput={(event) => {
            setText(event.currentTarget.value);
            setSelected(0);
          }}
          onKeyDown={onKeyDown}
        />
      </form>
      <ul id="choices" class="choices-list" role="listbox" aria-label={t('rooms')}>
        {choices.map((choice, i) => (
          <li
            key={choice.name}
            id={`choice-${i}`}
            role="option"
            aria-selected={i === at}
            onClick={() => choose(choice)}
            onMouseMove={() => i !== at && setSelected(i)}
          >
            {choice.person ? <Avatar nick={choice.name} /> : <span class="hash">#</span>}
            <bdi class="choice-name">{choice.label ?? (choice.person ? choice.name : choice.name.slice(1))}</bdi>
            <bdi class="choice-detail">{choice.detail}</bdi>
          </li>
        ))}
      </ul>
      {choices.length === 0 && <p class="hint">{t('nobodyFound')}</p>}
    </Dialog>
  );
}

const SHOWN = 40;

function choicesFor(chat: Chat, text: string): Choice[] {
  const wanted = fold(text.trim());
  const found = new Map<string, Choice>();
  const add = (name: string, person: boolean, detail: string) => {
    const key = fold(name);
    if (!found.has(key) && key.includes(wanted)) found.set(key, { name, detail, person });
  };
  for (const room of chat.rooms.values()) {
    add(room.name, room.isQuery, room.unread ? t('unread', room.unread) : room.topic);
  }
  for (const room of chat.listing ?? []) add(room.name, false, `${t('memberCount', room.members)} ${room.topic}`);
  if (wanted) {
    for (const room of chat.rooms.values()) {
      for (const { nick } of room.members.values()) if (!chat.isMe(nick)) add(nick, true, '');
    }
  }
  const choices = [...found.values()].slice(0, SHOWN);
  const name = roomName(text);
  if (wanted && name && !found.has(fold(name))) {
    choices.push({ name, detail: '', person: false, label: t('createRoom', name) });
  }
  return choices;
}
