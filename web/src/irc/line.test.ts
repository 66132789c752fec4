import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatLine, parseLine } from './line';

test('a line with tags, a source and a trailing parameter', () => {
  const line = parseLine('@time=2024-01-02T03:04:05.678Z;+loquat/id=a\\sb\\:c\\\\ :mei!m@host privmsg #lobby :hi :there ')!;
  assert.equal(line.tags.get('time'), '2024-01-02T03:04:05.678Z');
  assert.equal(line.tags.get('+loquat/id'), 'a b;c\\');
  assert.equal(line.nick, 'mei');
  assert.equal(line.command, 'PRIVMSG');
  assert.deepEqual(line.params, ['#lobby', 'hi :there ']);
});

test('lines at the edge of the grammar', () => {
  assert.deepEqual(parseLine('PING')!.params, []);
  assert.deepEqual(parseLine('PING  a   b\r\n')!.params, ['a', 'b']);
  assert.deepEqual(parseLine('TOPIC #a :')!.params, ['#a', '']);
  assert.equal(parseLine('@a=b;c PING')!.tags.get('c'), '');
  for (const bad of ['', '@a=b', ':source', '   ']) assert.equal(parseLine(bad), null, bad);
});

test('a formatted line parses to the same values', () => {
  const raw = formatLine('PRIVMSG', ['#a', ': ;\\ 枇杷'], { label: 'x; \\y' });
  const line = parseLine(raw)!;
  assert.deepEqual(line.params, ['#a', ': ;\\ 枇杷']);
  assert.equal(line.tags.get('label'), 'x; \\y');
});

test('a parameter cannot smuggle a second line or a second parameter', () => {
  assert.equal(formatLine('PRIVMSG', ['#a', 'x\r\nQUIT\0y']), 'PRIVMSG #a :x  QUIT y');
  let thrown = false;
  try {
    formatLine('PRIVMSG', ['#a b', 'x']);
  } catch {
    thrown = true;
  }
  assert.ok(thrown);
});
