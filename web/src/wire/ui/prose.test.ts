import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leadOf, paragraphsOf } from './prose';

test('lines of a paragraph are joined, Chinese ones without a space', () => {
  assert.deepEqual(paragraphsOf('one\ntwo\n\nthree\n'), ['one two', 'three']);
  assert.deepEqual(paragraphsOf('开始\n之前。\n用 SYN\n的'), ['开始之前。用 SYN 的']);
});

test('the introducing words of a paragraph are split off', () => {
  assert.deepEqual(leadOf('Watch: SYN, ACK.'), ['Watch: ', 'SYN, ACK.']);
  assert.deepEqual(leadOf('看点：SYN'), ['看点：', 'SYN']);
  assert.deepEqual(leadOf('Why three: each'), ['Why three: ', 'each']);
  assert.deepEqual(leadOf('为什么是三次：两个'), ['为什么是三次：', '两个']);
  assert.deepEqual(leadOf('a port is closed: refused'), ['', 'a port is closed: refused']);
  assert.deepEqual(leadOf('It is said, and not only here: so'), ['', 'It is said, and not only here: so']);
});
