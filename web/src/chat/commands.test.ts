import assert from 'node:assert/strict';
import { test } from 'node:test';
import { t } from '../i18n';
import { TEXT_BYTES } from '../irc/limits';
import { Chat } from './chat';
import { submit } from './commands';
import { COMMANDS, usageOf } from './command_list';
import { complete } from './completion';
import { setTopic } from './topic';
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
    submit(session, room, input, { help: () => asked.push('help'), rooms: () => asked.push('rooms'), quit: () => asked.push('quit') });
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

test('what may be a mistyped command with a secret in it is not said', () => {
  const { sent, room, type } = scene();
  const key = 'abcd-efgh-jkmn-pqrs-tuvw';
  const inputs = [
    '/nonsense x', '/opper s3cret', '/oper:s3cret', '/oper=s3cret', '/ oper', '/', '/öper s3cret', '／opper s3cret', '、opper s3cret',
    `oper ${key}`, `/msg #a ${key}`, `/me ${key}`, `the key is ${key}`, 'pasted\n/oper s3cret', 'pasted\n  /oper s3cret', '/me x\n/oper s3cret',
    '/topic /oper s3cret', `/topic ${key}`,
  ];
  for (const input of inputs) {
    assert.equal(type(input), false, input);
    assert.equal(room.lines[room.lines.length - 1]!.kind, 'error', input);
  }
  assert.deepEqual(sent, []);
});

test('the operator key becomes no name and no room, from a dialog either', () => {
  const { session, sent, room } = scene();
  session.rename('abcd-efgh-jkmn-pqrs-tuvw');
  session.join('#abcd-efgh-jkmn-pqrs-tuvw');
  assert.deepEqual(sent, []);
  assert.equal(room.lines[0], undefined); // it is not in view
  assert.ok(session.chat.notice.includes('/oper'));
});

test('blanks and the slash of an input method do not hide a command', () => {
  const { sent, type } = scene();
  for (const input of ['/oper k', ' /oper k', '\n/OPER k', '\u3000/oper\u3000k', '／oper k', '、oper k', '/ oper k']) {
    assert.equal(type(input), true, input);
  }
  assert.deepEqual(sent, Array(7).fill('OPER me k'));
});

test('two slashes begin a text with one; paths and comments in pasted text are text', () => {
  const { sent, type } = scene();
  for (const input of ['//etc', ' //etc/passwd', '// a comment', 'see\n/usr/bin/env\n// so\n/* or so */']) type(input);
  assert.deepEqual(sent, [
    'PRIVMSG #a /etc', 'PRIVMSG #a /etc/passwd', 'PRIVMSG #a :// a comment',
    'PRIVMSG #a see', 'PRIVMSG #a /usr/bin/env', 'PRIVMSG #a :// so', 'PRIVMSG #a :/* or so */',
  ]);
});

test('a command that needs the server is not done while there is none, and says so', () => {
  const { session, sent, room, type } = scene();
  session.chat.phase = 'waiting';
  for (const input of ['/topic x', '/kick ben', '/who', '/whois ben', '/away', '/ban ben', '/join #b']) {
    assert.equal(type(input), false, input);
    assert.ok(room.lines[room.lines.length - 1]!.text.includes(input.split(' ')[0]!), input);
  }
  assert.equal(setTopic(session, room, 'from the header'), false);
  assert.deepEqual(sent, []);
  assert.equal(type('kept until the connection is back'), true);
  assert.equal(room.pending.length, 1);
});

test('a command with too few words says how it is used', () => {
  const { sent, room, type } = scene();
  for (const input of ['/kick', '/oper', '/msg', '/join', '/join ##', '/whois', '/me', '/kick :x y', '/kill ,']) {
    assert.equal(type(input), false, input);
    assert.ok(/^Usage: /.test(room.lines[room.lines.length - 1]!.text), input);
  }
  assert.deepEqual(sent, []);
});

test('bans are KLINEs: of a nick, of its address, of an address', () => {
  const { sent, type } = scene();
  for (const input of ['/ban ben', '/ban ben a spammer', '/ban ben --address why', '/ban 192.0.2.0/24', '/ban ::1 me', '/unban ben', '/unban ::1', '/bans']) type(input);
  assert.deepEqual(sent, [
    'KLINE ben!*@*', 'KLINE ben!*@* :a spammer', 'KLINE ben why', 'KLINE 192.0.2.0/24', 'KLINE 0::1 me', 'UNKLINE ben', 'UNKLINE 0::1', 'KLINE',
  ]);
});

test('the operator key is also taken before a connection, and sent with it', () => {
  const { session, sent, room, type } = scene();
  session.chat.phase = 'removed';
  assert.equal(type('/oper abcd-efgh-jkmn-pqrs-tuvw'), true);
  assert.equal(room.lines[0]!.kind, 'info');
  session.opened((raw) => sent.push(raw));
  assert.ok(sent.indexOf('PASS abcd-efgh-jkmn-pqrs-tuvw') < sent.findIndex((raw) => raw.startsWith('NICK')));
});

test('a wrong operator key is told and forgotten, whenever the server says so', () => {
  const welcome = ':s 001 mei :Welcome';
  const wrong = ':s 464 * :Password incorrect';
  const banned = ':s 465 * :You are banned from this server; an operator comes in by PASS KEY';
  for (const lines of [[wrong, welcome], [welcome, wrong], [banned], [wrong, banned]]) {
    const { session, sent, room, type } = scene();
    session.chat.activate(room);
    session.chat.phase = 'removed';
    type('/oper abcd-efgh-jkmn-pqrs-tuvw');
    session.opened((raw) => sent.push(raw));
    for (const line of lines) session.line(line);
    assert.equal(session.chat.key, '', lines[0]);
    assert.deepEqual(room.lines.filter((line) => line.kind === 'error').map((line) => line.text), [t('wrongKey')]);
    session.opened((raw) => sent.push(raw));
    assert.equal(sent.filter((raw) => raw.startsWith('PASS')).length, 1);
  }
});

test('every command of the help is carried out', () => {
  for (const [name, command] of COMMANDS) {
    const { sent, asked, type } = scene();
    assert.equal(type(`/${name} ben why`), true, name);
    assert.ok(sent.length + asked.length > 0, name);
    assert.ok(usageOf(name).startsWith(`/${name}`) && t(command.help) !== '');
  }
});

test('a topic is cut to one line within the limit', () => {
  const { session, sent, room } = scene();
  setTopic(session, room, ` a\nb ${'枇'.repeat(200)}`);
  assert.equal(sent[0], `TOPIC #a :a b ${'枇'.repeat(Math.floor((TEXT_BYTES - 4) / 3))}`);
});

test('names are completed regardless of case', () => {
  const { session, room } = scene();
  for (const nick of ['Mei', 'meiko', 'ben']) room.members.set(nick, { nick, op: false });
  assert.deepEqual(complete(session.chat, room, 'ME')!.options, ['Mei: ', 'meiko: ']);
});
