import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bodyOf, clean, mentions, piecesOf } from './text';

const links = (text: string) => piecesOf(text).filter((p) => p.kind === 'link').map((p) => p.text);

test('colours, control characters and bidi overrides are removed', () => {
  assert.equal(clean('\x0304,12red\x03 \x02bold\x0f \x04ff0000hex'), 'red bold hex');
  assert.equal(clean('a\u202eb\u2066c\x85d\x7f\u0000e'), 'abcde');
  assert.equal(clean('\x033 apples'), ' apples');
  assert.equal(clean('مرحبا 枇杷 👨‍👩‍👧'), 'مرحبا 枇杷 👨‍👩‍👧');
});

test('actions and CTCP queries', () => {
  assert.deepEqual(bodyOf('\x01ACTION waves \x02hi\x01'), { text: 'waves hi', action: true, ctcp: false });
  assert.deepEqual(bodyOf('\x01VERSION\x01'), { text: '', action: false, ctcp: true });
  assert.deepEqual(bodyOf('plain'), { text: 'plain', action: false, ctcp: false });
});

test('links end where a reader expects it', () => {
  assert.deepEqual(links('see https://a.example/x_(y), ok'), ['https://a.example/x_(y)']);
  assert.deepEqual(links('(http://a.example/b?c=d#e).'), ['http://a.example/b?c=d#e']);
  assert.deepEqual(links('看https://zh.example/枇杷，好'), ['https://zh.example/枇杷']);
  assert.deepEqual(links('看https://zh.example吧'), ['https://zh.example']);
  assert.deepEqual(links('http://[::1]:7777/x http://127.0.0.1:7777'), ['http://[::1]:7777/x', 'http://127.0.0.1:7777']);
});

test('only web addresses become links', () => {
  assert.deepEqual(links('javascript:alert(1) data:text/html,x ftp://a/ https:// https://user@evil.example'), []);
});

test('the pieces add up to the text', () => {
  const text = 'mei: see https://a.example, @Mei! meiko mei-lin';
  const pieces = piecesOf(text, 'mei');
  assert.equal(pieces.map((p) => p.text).join(''), text);
  assert.deepEqual(pieces.filter((p) => p.kind === 'mention').map((p) => p.text), ['mei', '@Mei']);
});

test('code is a piece of its own and contains no links', () => {
  assert.deepEqual(piecesOf('run `nc http://a.example 7` now `x').map((p) => [p.kind, p.text]), [
    ['text', 'run '],
    ['code', 'nc http://a.example 7'],
    ['text', ' now `x'],
  ]);
});

test('a mention is a whole word', () => {
  assert.ok(mentions('hi a[b]', 'a[b]'));
  assert.ok(!mentions('america', 'me'));
  assert.ok(!mentions('anything', ''));
});
