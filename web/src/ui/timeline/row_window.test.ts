import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RowWindow } from './row_window';
import type { Row } from './rows';

const HEIGHT = 600;
const MOST = 300;

function line(n: number): Row {
  const key = `line ${n}`;
  return { type: 'line', key, first: false, line: { key, msgid: key, time: n, nick: 'a', kind: 'say', text: key, mine: false } };
}
function lines(from: number, to: number): Row[] {
  return Array.from({ length: to - from }, (_, i) => line(from + i));
}
function ends({ drawn }: RowWindow): [string, string] {
  return [drawn[0]!.key, drawn.at(-1)!.key];
}

test('the newest rows are drawn, however many there are, and every one that arrives', () => {
  const window = new RowWindow();
  window.update(lines(0, 5000), true, HEIGHT, false);
  for (let n = 5001; n < 6000; n++) {
    window.update(lines(0, n), true, HEIGHT, false);
    assert.ok(window.atEnd && window.drawn.length <= MOST && window.drawn.length >= MOST / 2);
  }
});

test('a short room is drawn whole', () => {
  const window = new RowWindow();
  window.update(lines(0, 200), true, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 0', 'line 199']);
  assert.ok(!window.up() && !window.down());
});

test('sliding reaches both ends, draws every row once, and never too many', () => {
  const window = new RowWindow();
  const rows = lines(0, 5000);
  window.update(rows, true, HEIGHT, false);
  let upwards = window.from;
  while (window.up()) {
    assert.ok(window.from < upwards && window.to >= upwards, 'no gap');
    window.update(rows, false, HEIGHT, false);
    assert.ok(window.drawn.length <= MOST);
    upwards = window.from;
  }
  assert.equal(upwards, 0);
  while (window.down()) window.update(rows, false, HEIGHT, false);
  assert.ok(window.atEnd);
});

test('older and newer lines leave the drawn rows where they are', () => {
  const window = new RowWindow();
  window.update(lines(1000, 2000), true, HEIGHT, false);
  window.up();
  window.update(lines(1000, 2000), false, HEIGHT, false);
  window.up();
  window.update(lines(1000, 2000), false, HEIGHT, false);
  const before = ends(window);
  window.update(lines(0, 2500), false, HEIGHT, false);
  assert.deepEqual(ends(window), before);
});

test('a reader at the very top gets older rows above him at once', () => {
  const window = new RowWindow();
  window.update(lines(100, 300), false, HEIGHT, false);
  window.update(lines(0, 300), false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 25', 'line 299']);
});

test('a reader a little above the end sees the lines that arrive, up to the limit', () => {
  const window = new RowWindow();
  window.update(lines(0, 100), true, HEIGHT, false);
  window.update(lines(0, 150), false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 0', 'line 149']);
  window.update(lines(0, 9000), false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 0', `line ${MOST - 1}`]);
  window.update(lines(0, 9001), false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 0', `line ${MOST - 1}`]);
});

test('a day before the first line is drawn with it, and the way up ends there', () => {
  const window = new RowWindow();
  const rows: Row[] = [{ type: 'day', key: 'day', time: 0 }, ...lines(0, 400)];
  window.update(rows, false, HEIGHT, false);
  window.around(0);
  window.update(rows, false, HEIGHT, false);
  assert.equal(window.drawn[0]!.key, 'day');
  assert.ok(!window.up());
});

test('rows whose ends are gone: a trimmed, an emptied and a restarted room', () => {
  const window = new RowWindow();
  window.update(lines(0, 1500), true, HEIGHT, false);
  window.update(lines(1400, 1501), true, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 1400', 'line 1500']);
  window.update([], false, HEIGHT, false);
  assert.equal(window.drawn.length, 0);
  window.update(lines(3000, 3100), false, HEIGHT, false);
  assert.equal(window.drawn.length, 100);
});

test('the last row is discarded: the others stay', () => {
  const window = new RowWindow();
  window.update(lines(0, 101), true, HEIGHT, false);
  window.update(lines(0, 100), false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 0', 'line 99']);
});

test('an event that joins a run keeps the run drawn', () => {
  const run = (from: number): Row => ({
    type: 'events',
    key: `line ${from}`,
    lines: lines(from, 310).flatMap((row) => (row.type === 'line' ? [row.line] : [])),
  });
  const window = new RowWindow();
  window.update([run(300), ...lines(310, 700)], false, HEIGHT, false);
  window.around(0);
  window.update([...lines(0, 290), run(290), ...lines(310, 700)], false, HEIGHT, false);
  assert.deepEqual(ends(window), ['line 215', 'line 533']);
  assert.ok(window.drawn.some((row) => row.key === 'line 290'));
});

test('no row is dropped while text is selected; a tall screen draws more', () => {
  const selected = new RowWindow();
  selected.update(lines(0, 300), true, HEIGHT, true);
  selected.update(lines(0, 2000), true, HEIGHT, true);
  assert.equal(selected.from, 0);
  const tall = new RowWindow();
  tall.update(lines(0, 5000), true, 8640, false);
  assert.ok(tall.drawn.length * 22 > 3 * 8640);
});
