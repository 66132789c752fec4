// The input. Enter sends, Shift+Enter starts a new line, Tab completes, the arrow keys bring back what was sent.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { submit } from '../chat/commands';
import { complete, Cycle } from '../chat/completion';
import { Recall } from '../chat/recall';
import type { Room } from '../chat/room';
import { hasKey, isCommand } from '../chat/slash';
import { messagesOf } from '../irc/split';
import { t } from '../i18n';
import { useApp } from './app';
import { SendIcon } from './icons';

export function Composer({ room }: { room: Room }) {
  const app = useApp();
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(room.draft);
  const recall = useRef(new Recall(room.sent));
  const cycle = useRef<Cycle | null>(null); // while only Tab is pressed
  const cursor = useRef(-1); // where it belongs after the next redraw; -1: where it is

  const change = (next: string, at = -1) => {
    room.draft = next;
    cursor.current = at;
    setText(next);
    app.chat.persist();
  };

  useLayoutEffect(() => {
    const box = field.current!;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight, 168)}px`;
    if (cursor.current >= 0) box.setSelectionRange(cursor.current, cursor.current);
    cursor.current = -1;
  }, [text]);

  const send = () => {
    const ui = { help: () => app.show('help'), rooms: () => app.show('switcher'), quit: app.quit };
    const sent = text;
    if (!sent.trim()) return;
    const done = submit(app.session, room, sent, ui);
    if (done && !hasKey(sent)) recall.current.add(sent);
    if (done) change('');
    app.newest();
  };

  const tab = (event: KeyboardEvent): void => {
    const { selectionStart: at, selectionEnd: end } = field.current!;
    const again = cycle.current !== null;
    if (!again) {
      const found = at === end && !event.shiftKey ? complete(app.chat, room, text.slice(0, at)) : null;
      if (!found) return;
      cycle.current = new Cycle(text.slice(0, at), text.slice(at), found);
    }
    event.preventDefault();
    const next = cycle.current!.step(event.shiftKey ? -1 : 1, !again);
    change(next.text, next.cursor);
  };

  const arrow = (event: KeyboardEvent): void => {
    const { selectionStart: at, selectionEnd: end } = field.current!;
    const up = event.key === 'ArrowUp';
    if (at !== end || (up ? text.slice(0, at) : text.slice(at)).includes('\n')) return;
    const found = up ? recall.current.back(text) : recall.current.forth();
    if (found === null) return;
    event.preventDefault();
    change(found, found.length);
  };

  const onKeyDown = (event: KeyboardEvent) => {
    // The key belongs to the input method, which is composing a character.
    if (event.isComposing || event.keyCode === 229) return;
    const plain = !event.altKey && !event.ctrlKey && !event.metaKey;
    if (event.key === 'Tab' && plain) return tab(event);
    if (event.key === 'Shift') return;
    cycle.current = null;
    if (event.key === 'Enter' && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      send();
    } else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && plain && !event.shiftKey) arrow(event);
  };

  const pieces = text.length > 130 && !isCommand(text) ? messagesOf(text).length : 1;
  const waiting = app.session.outbox.waiting(room);
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
          onInput={(event) => ((cycle.current = null), change(event.currentTarget.value))}
          onPointerDown={() => (cycle.current = null)}
          onKeyDown={onKeyDown}
        />
        <button type="submit" class="send" aria-label={t('send')} title={t('send')} disabled={!text.trim()}>
          <SendIcon />
        </button>
      </div>
      {pieces > 1 && <div class="hint">{t('splitHint', pieces)}</div>}
      {waiting > 1 && (
        <div class="hint" role="status">
          {t('queued', waiting)}{' '}
          <button type="button" class="small quiet" onClick={() => app.session.outbox.discardWaiting(room)}>
            {t('discardQueued')}
          </button>
        </div>
      )}
    </form>
  );
}
