import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Room, type Line, type Pending } from './room';

function line(msgid: string, text = msgid): Line {
  return { key: msgid, msgid, time: 0, nick: 'a', kind: 'say', text, mine: false };
}
function page(...ids: string[]) {
  return ids.map((id) => ({ line: line(id), id: '' }));
}
function pending(id: string, after = ''): Pending {
  return { id, kind: 'say', text: id, time: 0, after, connection: 0, ping: 0, failed: '' };
}
const order = (room: Room) => room.lines.map((l) => l.msgid).join(' ');

test('a line is shown once', () => {
  const room = new Room('#a');
  assert.ok(room.receive(line('1')));
  assert.ok(!room.receive(line('1')));
  room.prepend(page('0', '1'));
  assert.equal(order(room), '0 1');
});

test('an echo replaces the pending line and keeps its key', () => {
  const room = new Room('#a');
  room.pending.push(pending('x'), pending('y'));
  room.receive(line('1'), 'y');
  assert.deepEqual(room.pending.map((p) => p.id), ['x']);
  assert.equal(room.lines[0]!.key, 'y');
});

test('missed lines come before those that arrived while catching up', () => {
  const room = new Room('#a');
  room.receive(line('1'));
  room.beginCatchUp();
  room.receive(line('4'));
  room.receive(line('5'));
  assert.equal(room.lastMsgid, '1');
  assert.equal(room.append(page('2', '3', '4')).length, 2);
  room.endCatchUp();
  assert.equal(order(room), '1 2 3 4 5');
});

test('a pending line that history contains is no longer pending', () => {
  const room = new Room('#a');
  room.pending.push(pending('x'));
  room.append([{ line: line('7'), id: 'x' }]);
  assert.equal(room.pending.length, 0);
});

test('history covers a pending line only if it reaches back to where the line was typed', () => {
  const room = new Room('#a');
  room.append(page('8', '9'));
  assert.ok(!room.covers(pending('x', '3')));
  assert.ok(!room.covers(pending('x')));
  assert.ok(room.covers(pending('x', '8')));
  room.complete = true;
  assert.ok(room.covers(pending('x')));
});

test('a long room is trimmed and can be read again', () => {
  const room = new Room('#a');
  for (let i = 0; i < 1600; i++) room.receive(line(String(i)));
  room.trim();
  assert.equal(room.lines.length, 1000);
  assert.equal(room.prepend(page('598', '599')), 2);
  assert.ok(!room.complete);
});

test('a restart keeps the live lines', () => {
  const room = new Room('#a');
  room.receive(line('1'));
  room.beginCatchUp();
  room.receive(line('9'));
  room.restart();
  room.append(page('8', '9'));
  room.endCatchUp();
  assert.equal(order(room), '8 9');
});
