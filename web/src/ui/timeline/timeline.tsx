// The conversation. While the user is at the bottom, it follows the newest line. Elsewhere the lines in view keep their
// place when lines are added above or below. Only the lines around them are drawn (row_window.ts).
import { Component, createRef } from 'preact';
import type { Room } from '../../chat/room';
import { t } from '../../i18n';
import { copied } from './copy';
import { dayName } from '../dates';
import { DownIcon } from '../icons';
import { DayRow, EventsRow, eventsText, LineRow, NewRow } from './line';
import { RowWindow } from './row_window';
import { rowsOf, type Row } from './rows';
import { placesIn, restore, watchSelection, type Place } from './scroll';
import { RoomStart } from '../start';

interface Props {
  room: Room;
  version: number;
  me: string;
  onBottom(room: Room, bottom: boolean): void;
  onOlder(room: Room): void;
  onRetry(id: string): void;
  onDiscard(id: string): void;
  onNick(nick: string): void;
}

interface Before {
  places: Place[];
  focused: boolean;
}

const NEAR_BOTTOM = 48; // px
const NEAR_END = 500; // so near to the first or last drawn row, or a screen, others are drawn

export class Timeline extends Component<Props> {
  private box = createRef<HTMLDivElement>();
  private rows: Row[] = [];
  private rowsVersion = -1;
  private window = new RowWindow();
  private stick = true;
  private placed = false; // the first scroll position has been chosen
  private wasOlder = false; // the last drawing waited for older lines
  private toFirst = false; // the next drawing scrolls to the first row
  private lastTop = 0; // where the last look found the reader
  private height = 0;
  private selecting = false;
  private unwatch = () => {};
  private places: Place[] = []; // of the rows in view after the last scrolling
  private resized = new ResizeObserver(() => this.fit());

  newest(): void {
    this.stick = true;
    if (this.window.atEnd) this.settle();
    else this.forceUpdate();
  }

  override shouldComponentUpdate(next: Props): boolean {
    return next.version !== this.props.version || next.me !== this.props.me;
  }

  override componentDidMount(): void {
    this.height = this.box.current!.clientHeight;
    this.resized.observe(this.box.current!);
    this.unwatch = watchSelection(this.box.current!, (selecting) => (this.selecting = selecting));
    this.place();
  }

  override componentWillUnmount(): void {
    this.resized.disconnect();
    this.unwatch();
  }

  override getSnapshotBeforeUpdate(): Before {
    const box = this.box.current!;
    if (this.leaving()) this.stick = false; // and the browser has not told yet
    return { places: this.stick || this.toFirst ? [] : placesIn(box), focused: box.contains(document.activeElement) };
  }

  override componentDidUpdate(_: Props, __: object, { places, focused }: Before): void {
    const box = this.box.current!;
    // The row that had the focus is gone.
    if (focused && !box.contains(document.activeElement)) box.focus({ preventScroll: true });
    if (!this.placed) return this.place();
    restore(box, places);
    if (this.toFirst) box.scrollTop = 0;
    this.toFirst = false;
    this.settle();
  }

  // Chooses the first scroll position: the "new" mark if it is above the last page, else the bottom.
  private place(): void {
    const { room } = this.props;
    if (room.catchingUp && room.lines.length === 0) return;
    const at = this.rows.findIndex((row) => row.type === 'new');
    if (at >= 0 && at < this.window.from) {
      this.stick = false;
      this.window.around(at);
      return this.forceUpdate();
    }
    this.placed = room.lines.length > 0;
    const box = this.box.current!;
    const mark = box.querySelector<HTMLElement>('.rule.new');
    if (mark) {
      box.scrollTop = mark.offsetTop - box.clientHeight / 4;
      this.look();
    }
    this.settle();
  }

  private fit(): void {
    this.height = this.box.current!.clientHeight;
    if (!this.stick) restore(this.box.current!, this.places);
    this.settle();
  }

  private settle(): void {
    const box = this.box.current;
    if (!box) return;
    if (this.stick) box.scrollTop = box.scrollHeight;
    this.scrolled();
  }

  private below(): number {
    const box = this.box.current!;
    return box.scrollHeight - box.scrollTop - box.clientHeight;
  }

  // The reader has scrolled up since the last look, if only a little: in a flood he must get away from the newest line.
  private leaving(): boolean {
    return this.box.current!.scrollTop < this.lastTop && this.below() >= 2;
  }

  private look(): void {
    this.stick = this.window.atEnd && this.below() < NEAR_BOTTOM && !this.leaving();
    this.lastTop = this.box.current!.scrollTop;
  }

  private scrolled = (): void => {
    const { room, onBottom, onOlder } = this.props;
    const box = this.box.current!;
    this.look();
    this.base?.parentElement?.classList.toggle('scrolled-back', !this.stick);
    onBottom(room, this.stick);
    this.places = this.stick ? [] : placesIn(box);
    const near = Math.max(NEAR_END, this.height);
    if (box.scrollTop < near && this.window.up()) return this.forceUpdate();
    if (this.below() < near && this.window.down()) return this.forceUpdate();
    if (box.scrollTop < NEAR_END) onOlder(room);
  };

  private onCopy = (event: ClipboardEvent): void => {
    const text = copied(this.box.current!);
    if (text === null) return;
    event.clipboardData?.setData('text/plain', text);
    event.preventDefault();
  };

  // Home and End lead to the ends of the room, not of the rows that are drawn.
  private onKeyDown = (event: KeyboardEvent): void => {
    if (event.target !== this.box.current || event.altKey || event.shiftKey) return;
    if (event.key === 'End') this.newest();
    else if (event.key === 'Home') {
      this.stick = false;
      this.toFirst = true;
      this.window.around(0);
      this.forceUpdate();
    } else return;
    event.preventDefault();
  };

  override render() {
    const { room, version, me } = this.props;
    if (version !== this.rowsVersion) this.rows = rowsOf(room, me);
    this.rowsVersion = version;
    this.window.update(this.rows, this.stick, this.height, this.selecting);
    // Read aloud is what arrives while the newest line is in view; not the first page, nor lines scrolled back to.
    const quiet = !this.placed || !this.stick || room.loadingOlder || this.wasOlder;
    this.wasOlder = room.loadingOlder;
    return (
      <div class="timeline">
        <div
          class="log"
          ref={this.box}
          role="log"
          aria-live={quiet ? 'off' : 'polite'}
          aria-busy={room.loadingOlder || room.catchingUp}
          aria-label={t('conversation', room.name)}
          tabIndex={0}
          onScroll={this.scrolled}
          onKeyDown={this.onKeyDown}
          onCopy={this.onCopy}
        >
          <div class="lines">
            {(room.complete || room.noHistory) && this.window.from === 0 && <RoomStart room={room} />}
            {room.loadingOlder && this.window.from === 0 && <div class="loading">{t('loadingOlder')}</div>}
            {this.window.drawn.map((row) => this.row(row))}
          </div>
        </div>
        <button class="newest" onClick={() => this.newest()}>
          <DownIcon />
          <span aria-live="polite">{room.unread ? t('newLines', room.unread) : t('newest')}</span>
        </button>
      </div>
    );
  }

  private row(row: Row) {
    const { me, onRetry, onDiscard, onNick } = this.props;
    switch (row.type) {
      case 'day':
        return <DayRow key={row.key} name={dayName(row.time)} />;
      case 'new':
        return <NewRow key={row.key} />;
      case 'events':
        return <EventsRow key={row.key} text={eventsText(row.lines)} time={row.lines.at(-1)!.time} />;
      case 'line':
        return (
          <LineRow
            key={row.key}
            line={row.line}
            first={row.first}
            me={me}
            pendingState={row.pending ? row.pending.failed || 'waiting' : ''}
            onRetry={onRetry}
            onDiscard={onDiscard}
            onNick={onNick}
          />
        );
    }
  }
}
