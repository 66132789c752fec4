import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from './chat';
import { completions, setTopic, submit } from './commands';
import { Session } from './session';

function scene() {
  const session = new Session(new Chat());
  const sent: string[] = [];
  session.chat.send = (raw) => sent.push(raw);
  session.chat.phase = 'online';
  session.chat.connection = 1;
  const room = session.chat.openRoom('#a');
  room.joined = true;
  const asked: string[] = [];
  const type = (input: string) =>
    submit(session, room, input, { help: () => asked.push('help'), quit: () => asked.push('quit') });
  return { session, sent, room, asked, type };
}

test('plain input is sent, commands are executed', () => {
  const { sent, asked, room, type } = scene();
  type('hello\nworld');
  type('//help is a command');
  type('/me waves');
  type('/msg ben hi there');
  type('/join b');
  type('/part');
  type('/help');
  type('/quit');
  assert.deepEqual(sent, [
    'PRIVMSG #a hello',
    'PRIVMSG #a world',
    'PRIVMSG #a :/help is a command',
    'PRIVMSG #a :\x01ACTION waves\x01',
    'PRIVMSG ben :hi there',
    'JOIN #b',
    'PART #a',
  ]);
  assert.deepEqual(asked, ['help', 'quit']);
  assert.equal(room.pending.length, 4);
});

test('an unknown command is not sent as a message', () => {
  const { sent, room, type } = scene();
  type('/nonsense x');
  assert.deepEqual(sent, []);
  assert.equal(room.lines[0]!.kind, 'error');
});

test('a topic is cut to one line within the limit', () => {
  const { session, sent, room } = scene();
  setTopic(session, room, ` a\nb ${'枇'.repeat(200)}`);
  assert.equal(sent[0], `TOPIC #a :a b ${'枇'.repeat(105)}`);
});

test('names are completed regardless of case', () => {
  const { room } = scene();
  for (const nick of ['Mei', 'meiko', 'ben']) room.members.set(nick, { nick, op: false });
  assert.deepEqual(completions(room, 'ME'), ['Mei', 'meiko']);
});
