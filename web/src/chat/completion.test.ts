import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from './chat';
import { complete, Cycle } from './completion';
import { Recall } from './recall';

function scene() {
  const chat = new Chat();
  const room = chat.openRoom('#lobby');
  chat.openRoom('#Dev');
  chat.openRoom('ada');
  chat.listing = [{ name: '#design', members: 1, topic: '' }];
  for (const nick of ['ada', 'adam', 'Ben']) room.members.set(nick.toLowerCase(), { nick, op: false });
  const options = (before: string) => complete(chat, room, before)?.options ?? [];
  return { chat, room, options };
}

test('Tab completes names, commands, rooms and emoji', () => {
  const { options } = scene();
  assert.deepEqual(options('AD'), ['ada: ', 'adam: ']);
  assert.deepEqual(options('hi b'), ['Ben ']);
  assert.deepEqual(options('@ad'), ['ada ', 'adam ']);
  assert.deepEqual(options('/wh'), ['/who ', '/whois ']);
  assert.deepEqual(options('/kick ad'), ['ada ', 'adam ']);
  assert.deepEqual(options('see #de'), ['#Dev ', '#design ']);
  assert.equal(options(':smi')[0], '😊');
  assert.deepEqual(options('well :hear'), ['😍', '❤️']);
  for (const nothing of ['', 'hi ', 'hi zz', ':', '12:30', 'x /wh']) assert.deepEqual(options(nothing), []);
});

test('who spoke last is offered first', () => {
  const { room, options } = scene();
  const line = { key: '1', msgid: '1', time: 0, kind: 'say' as const, text: '', mine: false };
  room.receive({ ...line, nick: 'ada' });
  room.receive({ ...line, key: '2', msgid: '2', nick: 'adam' });
  assert.deepEqual(options('ad'), ['adam: ', 'ada: ']);
});

test('Tab again goes through the options and back to what was typed, Shift+Tab the other way', () => {
  const { chat, room } = scene();
  const cycle = new Cycle('hi ad', ' there', complete(chat, room, 'hi ad')!);
  const steps = [cycle.step(1, true), cycle.step(1), cycle.step(1), cycle.step(1), cycle.step(-1)];
  assert.deepEqual(steps.map(({ text }) => text), ['hi ada  there', 'hi adam  there', 'hi ad there', 'hi ada  there', 'hi ad there']);
  assert.equal(steps[0]!.cursor, 7);
});

test('the arrow keys go through what was sent and keep the draft', () => {
  const sent: string[] = [];
  const recall = new Recall(sent);
  for (const text of ['one', 'two', 'two', 'three']) recall.add(text);
  assert.deepEqual(sent, ['one', 'two', 'three']);
  assert.deepEqual([recall.back('draft'), recall.back(''), recall.back(''), recall.back('')], ['three', 'two', 'one', null]);
  assert.deepEqual([recall.forth(), recall.forth(), recall.forth(), recall.forth()], ['two', 'three', 'draft', null]);
});
