import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Room, type Line } from '../../chat/room';
import { rowsOf } from './rows';

const NOON = new Date(2024, 0, 2, 12).getTime();
const MINUTE = 60_000;

function say(key: string, nick: string, minutes: number, kind: Line['kind'] = 'say'): Line {
  return { key, msgid: key, time: NOON + minutes * MINUTE, nick, kind, text: key, mine: false };
}
function shape(room: Room): string {
  return rowsOf(room, 'me')
    .map((row) => (row.type === 'line' ? (row.first ? `[${row.key}` : row.key) : row.type))
    .join(' ');
}

test('lines of one author within minutes form a group', () => {
  const room = new Room('#a');
  room.lines = [say('1', 'a', 0), say('2', 'a', 1), say('3', 'b', 2), say('4', 'b', 30), say('5', 'b', 31, 'act')];
  assert.equal(shape(room), 'day [1 2 [3 [4 [5');
});

test('a new day, the "new" mark and events end a group; consecutive events share a row', () => {
  const room = new Room('#a');
  const join = (key: string) => ({ ...say(key, 'c', 3, 'event'), event: { type: 'join' as const } });
  room.lines = [say('1', 'a', 0), say('2', 'a', 1), join('e'), join('f'), say('3', 'a', 4), say('4', 'a', 24 * 60)];
  room.newFrom = '2';
  assert.equal(shape(room), 'day [1 new [2 events [3 day [4');
});

test('pending lines come last', () => {
  const room = new Room('#a');
  room.lines = [say('1', 'a', 0)];
  room.pending = [
    { id: 'x', kind: 'say', text: 'x', time: NOON, after: '', connection: 0, ping: 0, failed: '' },
  ];
  assert.equal(shape(room), 'day [1 [x');
});
