import assert from 'node:assert/strict';
import { test } from 'node:test';
import { framesOf, ownMoments, valueOf, type Fact, type OwnConnection } from './own';

const own: OwnConnection = {
  local: '127.0.0.1:7777',
  remote: '127.0.0.1:40000',
  passed_on: false,
  segments: [
    { dir: 'c>s', flags: ['SYN'], win_raw: 65495, source: 'captured', bytes: '00' },
    { dir: 's>c', flags: ['SYN', 'ACK'], source: 'inferred', why: 'it follows' },
    { dir: 'c>s', flags: ['ACK'], source: 'inferred' },
  ],
  facts: [],
  state: { client: { state: 'ESTABLISHED', source: 'kernel' }, server: { state: 'CLOSE-WAIT', source: 'kernel' } },
};

test('of the handshake one segment is captured and two are inferred; the last states are the kernel\'s', () => {
  assert.deepEqual(framesOf(own).map((frame) => frame.source), ['captured', 'inferred', 'inferred']);
  assert.deepEqual(framesOf(own).map((frame) => frame.src), ['127.0.0.1:40000', '127.0.0.1:7777', '127.0.0.1:40000']);
  const moments = ownMoments(own, 'now');
  assert.equal(moments.length, 7);
  assert.deepEqual(moments.at(-1)?.states, { client: 'ESTABLISHED', server: 'CLOSE-WAIT' });
});

test('values are formatted for readers', () => {
  const fact = (value: Fact['value'], unit = '') => valueOf({ name: '', value, unit, source: 'kernel', label: '', label_zh: '' }, 'yes', 'no');
  assert.equal(fact(true), 'yes');
  assert.equal(fact(0.123, 'ms'), '0.123');
  assert.equal(fact(1234567, 'byte'), '1 234 567');
});
