// The conversation. While the user is at the bottom, it follows the newest line. Elsewhere the lines in view keep their
// place when lines are added above or below.
import { Component, createRef } from 'preact';
import type { Room } from '../../chat/room';
import { t } from '../../i18n';
import { DownIcon } from '../icons';
import { DayRow, EventsRow, LineRow, NewRow } from './line';
import { rowsOf, type Row } from './rows';
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

interface Anchor {
  row: Element | null;
  top: number;
}

const NEAR_BOTTOM = 48; // px
const NEAR_TOP = 500;

export class Timeline extends Component<Props> {
  private box = createRef<HTMLDivElement>();
  private rows: Row[] = [];
  private rowsVersion = -1;
  private stick = true;
  private placed = false; // the first scroll position has been chosen
  private resized = new ResizeObserver(() => this.settle());

  newest(): void {
    this.stick = true;
    this.settle();
  }

  override shouldComponentUpdate(next: Props): boolean {
    return next.version !== this.props.version || next.me !== this.props.me;
  }

  override componentDidMount(): void {
    this.resized.observe(this.box.current!);
    this.place();
  }

  override componentWillUnmount(): void {
    this.resized.disconnect();
  }

  override getSnapshotBeforeUpdate(): Anchor | null {
    if (this.stick) return null;
    const edge = this.box.current!.getBoundingClientRect().top;
    for (const row of this.box.current!.querySelectorAll('.row')) {
      const { top, bottom } = row.getBoundingClientRect();
      if (bottom > edge) return { row, top };
    }
    return { row: null, top: 0 };
  }

  override componentDidUpdate(_: Props, __: object, anchor: Anchor | null): void {
    if (!this.placed) return this.place();
    const box = this.box.current!;
    if (anchor?.row?.isConnected) box.scrollTop += anchor.row.getBoundingClientRect().top - anchor.top;
    this.settle();
  }

  // Chooses the first scroll position: the "new" mark if it is above the last page, else the bottom.
  private place(): void {
    const { room } = this.props;
    if (room.catchingUp && room.lines.length === 0) return;
    this.placed = room.lines.length > 0;
    const box = this.box.current!;
    const mark = box.querySelector<HTMLElement>('.rule.new');
    if (mark) {
      box.scrollTop = mark.offsetTop - box.clientHeight / 4;
      this.stick = this.atBottom();
    }
    this.settle();
  }

  private settle(): void {
    const box = this.box.current;
    if (!box) return;
    if (this.stick) box.scrollTop = box.scrollHeight;
    this.scrolled();
  }

  private atBottom(): boolean {
    const box = this.box.current!;
    return box.scrollHeight - box.scrollTop - box.clientHeight < NEAR_BOTTOM;
  }

  private scrolled = (): void => {
    const { room, onBottom, onOlder } = this.props;
    this.stick = this.atBottom();
    this.base?.parentElement?.classList.toggle('scrolled-back', !this.stick);
    onBottom(room, this.stick);
    if (this.box.current!.scrollTop < NEAR_TOP) onOlder(room);
  };

  override render() {
    const { room, version, me } = this.props;
    if (version !== this.rowsVersion) this.rows = rowsOf(room, me);
    this.rowsVersion = version;
    const busy = room.loadingOlder || room.catchingUp;
    return (
      <div class="timeline">
        <div
          class="log"
          ref={this.box}
          role="log"
          aria-live="polite"
          aria-busy={busy}
          aria-label={t('conversation', room.name)}
          tabIndex={0}
          onScroll={this.scrolled}
        >
          <div class="lines">
            {(room.complete || room.noHistory) && <RoomStart room={room} />}
            {room.loadingOlder && <div class="loading">{t('loadingOlder')}</div>}
            {this.rows.map((row) => this.row(row))}
          </div>
        </div>
        <button class="newest" onClick={() => this.newest()}>
          <DownIcon />
          {room.unread ? t('newLines', room.unread) : t('newest')}
        </button>
      </div>
    );
  }

  private row(row: Row) {
    const { me, onRetry, onDiscard, onNick } = this.props;
    switch (row.type) {
      case 'day':
        return <DayRow key={row.key} time={row.time} />;
      case 'new':
        return <NewRow key={row.key} />;
      case 'events':
        return <EventsRow key={row.key} lines={row.lines} />;
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
