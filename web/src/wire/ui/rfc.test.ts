import assert from 'node:assert/strict';
import { test } from 'node:test';
import { piecesOf } from './rfc';

test('RFCs become links to their sections', () => {
  assert.deepEqual(piecesOf('RFC 9293 s.3.6, and RFC 5961.'), [
    { text: 'RFC 9293 s.3.6', href: 'https://www.rfc-editor.org/rfc/rfc9293#section-3.6' },
    { text: ', and ' },
    { text: 'RFC 5961', href: 'https://www.rfc-editor.org/rfc/rfc5961' },
    { text: '.' },
  ]);
  assert.deepEqual(piecesOf('tcp(7)'), [{ text: 'tcp(7)' }]);
  assert.deepEqual(piecesOf(''), []);
});
