import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fold, nickName, roomName } from './names';

test('names of rooms and people', () => {
  assert.equal(roomName(' dev '), '#dev');
  assert.equal(roomName('#dev,#b'), '#dev');
  for (const bad of ['', '#', '##', '  ']) assert.equal(roomName(bad), '', bad);
  assert.equal(nickName(' Mei Lin '), 'Mei-Lin');
  assert.equal(nickName('林小雨'), '林小雨');
  for (const bad of ['', '1a', '#a', 'a!b', 'a,b', '-a', '林'.repeat(11)]) assert.equal(nickName(bad), '', bad);
});

test('folding changes only the letters A to Z', () => {
  assert.equal(fold('#LobbyÄ[]'), '#lobbyÄ[]');
});
