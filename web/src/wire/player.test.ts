import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Player } from './player';
import type { Row } from './trace';

const note = (t: number): Row => ({ type: 'note', t_ns: t, text: String(t) });

test('a recording steps forward and back, and not beyond its ends', () => {
  const player = new Player();
  player.open([note(1), note(2)], false);
  assert.equal(player.shown.length, 0);
  player.step();
  assert.equal(player.newest?.at, 1);
  player.step();
  player.step();
  assert.equal(player.cursor, 2);
  assert.ok(player.atEnd);
  player.go(-5);
  assert.equal(player.cursor, 0);
});

test('a live trace shows each row as it arrives', () => {
  const player = new Player();
  player.open([], true);
  player.add(note(1));
  player.add(note(2));
  assert.equal(player.shown.length, 2);
  assert.equal(player.newest?.at, 2);
});

test('playing stops at the last moment and starts over from there', () => {
  const player = new Player();
  player.open([note(1)], false);
  player.play();
  assert.ok(player.playing);
  player.step();
  assert.ok(!player.playing);
  player.play();
  assert.equal(player.cursor, 0);
  player.pause();
});
