import assert from 'node:assert/strict';
import { test } from 'node:test';
import { messagesOf, splitText, utf8Length } from './split';

test('a short line is one message', () => {
  assert.deepEqual(messagesOf('hello\n\n  \nworld\r\n'), ['hello', 'world']);
});

test('pieces fit the limit, add up to the text and cut no character', () => {
  const family = '👨‍👩‍👧‍👦';
  for (const text of ['枇杷'.repeat(300), family.repeat(40), 'word '.repeat(200), 'x'.repeat(1000), 'é'.repeat(500)]) {
    const pieces = splitText(text, 100);
    assert.equal(pieces.join(''), text);
    for (const piece of pieces) {
      assert.ok(utf8Length(piece) <= 100);
      assert.ok(!piece.includes('\ufffd') && !/^[\udc00-\udfff]/.test(piece));
    }
  }
  for (const piece of splitText(family.repeat(40), 100)) assert.equal(piece.replaceAll(family, ''), '');
});

test('cuts after a space if one is near', () => {
  assert.deepEqual(splitText('aaaa bbbb cccc', 12), ['aaaa bbbb ', 'cccc']);
});

test('a character that exceeds the limit is cut between code points', () => {
  const zalgo = 'a' + '\u0301'.repeat(120);
  const pieces = splitText(zalgo, 50);
  assert.equal(pieces.join(''), zalgo);
  for (const piece of pieces) assert.ok(utf8Length(piece) <= 50);
});

test('lengths are UTF-8 bytes', () => {
  assert.equal(utf8Length('aé枇😀'), 1 + 2 + 3 + 4);
});
