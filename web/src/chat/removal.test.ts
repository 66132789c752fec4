import assert from 'node:assert/strict';
import { test } from 'node:test';
import { removalOf } from './removal';

test('a removal and a ban are told from a lost connection', () => {
  assert.deepEqual(removalOf('removed by ada: spam: again'), { banned: false, by: 'ada', why: 'spam: again' });
  assert.deepEqual(removalOf('removed by ada'), { banned: false, by: 'ada', why: '' });
  assert.deepEqual(removalOf('banned: spam'), { banned: true, by: '', why: 'spam' });
  assert.deepEqual(removalOf('banned'), { banned: true, by: '', why: '' });
  for (const end of ['', '; an operator comes in by PASS KEY', '.']) {
    assert.deepEqual(removalOf(`You are banned from this server${end}`), { banned: true, by: '', why: '' });
  }
  for (const reason of ['the server is shutting down', 'ping timeout', 'Quit: removed by ada: spam', '']) {
    assert.equal(removalOf(reason), null);
  }
});
