// The rows of a room's timeline: days, the "new" mark, lines grouped by author, consecutive events as one row.
import type { Line, Pending, Room } from '../../chat/room';

export type Row =
  | { type: 'day'; key: string; time: number }
  | { type: 'new'; key: string }
  | { type: 'line'; key: string; line: Line; first: boolean; pending?: Pending }
  | { type: 'events'; key: string; lines: Line[] };

const GROUP_WITHIN = 5 * 60_000;

export function rowsOf(room: Room, me: string): Row[] {
  const rows: Row[] = [];
  let dayFrom = Infinity; // the day of the last line, in milliseconds since 1970
  let dayTo = -Infinity;
  let previous: Line | undefined; // the last line, if the next one may join its group
  const add = (line: Line, pending?: Pending) => {
    if (line.time < dayFrom || line.time >= dayTo) {
      const date = new Date(line.time);
      dayFrom = date.setHours(0, 0, 0, 0);
      dayTo = date.setDate(date.getDate() + 1);
      rows.push({ type: 'day', key: `day ${line.key}`, time: line.time });
      previous = undefined;
    }
    if (line.key === room.newFrom) {
      rows.push({ type: 'new', key: 'new' });
      previous = undefined;
    }
    if (line.kind === 'event') {
      const last = rows[rows.length - 1];
      if (last?.type === 'events') last.lines.push(line);
      else rows.push({ type: 'events', key: line.key, lines: [line] });
      previous = undefined;
      return;
    }
    const first =
      !previous ||
      previous.nick !== line.nick ||
      previous.kind !== line.kind ||
      line.kind === 'act' ||
      line.time - previous.time > GROUP_WITHIN;
    rows.push({ type: 'line', key: line.key, line, first, pending });
    previous = line;
  };
  for (const line of room.lines) add(line);
  for (const pending of room.pending) {
    const { id, kind, text, time } = pending;
    add({ key: id, msgid: '', time, nick: me, kind, text, mine: true }, pending);
  }
  return rows;
}
