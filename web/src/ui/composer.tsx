// The input. Enter sends, Shift+Enter starts a new line, Tab completes a name.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { completions, submit } from '../chat/commands';
import type { Room } from '../chat/room';
import { messagesOf } from '../irc/split';
import { t } from '../i18n';
import { useApp } from './app';
import { SendIcon } from './icons';

let lastSent = '';

export function Composer({ room }: { room: Room }) {
  const app = useApp();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(room.draft);
  const pieces = text.length > 130 && !text.startsWith('/') ? messagesOf(text).length : 1;

  const change = (next: string) => {
    room.draft = next;
    setText(next);
  };

  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 168)}px`;
  }, [text]);

  const send = () => {
    if (!text.trim()) return;
    lastSent = text;
    change('');
    submit(app.session, room, text, { help: () => app.show('help'), quit: app.quit });
    app.newest();
  };

  const complete = (event: KeyboardEvent): void => {
    const box = field.current!;
    const before = text.slice(0, box.selectionStart);
    const word = /[^\s@]+$/.exec(before)?.[0] ?? '';
    const [nick] = word ? completions(room, word) : [];
    if (!nick || box.selectionStart !== box.selectionEnd) return;
    event.preventDefault();
    const start = before.slice(0, before.length - word.length);
    change(`${start}${nick}${start === '' ? ': ' : ' '}${text.slice(box.selectionEnd)}`);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // The key belongs to the input method, which is composing a character.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if (event.key === 'Tab' && !event.shiftKey) complete(event);
    else if (event.key === 'ArrowUp' && text === '' && lastSent && !event.altKey) {
      event.preventDefault();
      change(lastSent);
    }
  };

  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
        field.current!.focus();
      }}
    >
      <div class="field">
        <textarea
          ref={field}
          id="composer"
          rows={1}
          dir="auto"
          aria-label={t('messageTo', room.name)}
          placeholder={t('messageTo', room.name)}
          value={text}
          enterkeyhint="send"
          autocomplete="off"
          onInput={(event) => change(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="send" aria-label={t('send')} title={t('send')} disabled={!text.trim()}>
          <SendIcon />
        </button>
      </div>
      {pieces > 1 && <div class="hint">{t('splitHint', pieces)}</div>}
    </form>
  );
}
