import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from './chat/chat';
import { Recall } from './chat/recall';
import { Session } from './chat/session';
import { save } from './prefs';

const REASON = 'Cannot send to channel: it looks like a password, and everybody in the room would read it';

// The page's storage after a line was refused.
function storedAfter(refusal: (id: string) => string): { stored: string; pending: number; sent: string[] } {
  const session = new Session(new Chat());
  const { chat } = session;
  chat.phase = 'online';
  chat.connection = 1;
  const room = chat.openRoom('#a');
  const other = chat.openRoom('#b');
  room.joined = true;
  new Recall(room.sent).add('msg NickServ identify hunter2');
  new Recall(other.sent).add('/msg #a msg NickServ identify hunter2');
  new Recall(other.sent).add('hello');
  session.outbox.say(room, 'say', 'msg NickServ identify hunter2');
  session.line(refusal(room.pending[0]!.id));
  const stored: string[] = [];
  const storage = { setItem: (_: string, value: string) => void stored.push(value) };
  Object.assign(globalThis, { localStorage: storage, sessionStorage: storage });
  save(chat);
  return { stored: stored.join(), pending: room.pending.length, sent: [...room.sent, ...other.sent] };
}

test('a line that the server took for a password is shown, and kept nowhere', () => {
  for (const refusal of [(id: string) => `@label=${id} :s 404 mei #a :${REASON}`, () => `:s 404 mei #a :${REASON}`]) {
    const { stored, pending, sent } = storedAfter(refusal);
    assert.equal(pending, 1);
    assert.ok(!stored.includes('hunter2') && stored.includes('hello'));
    assert.deepEqual(sent, ['hello']);
  }
  const { stored } = storedAfter((id) => `@label=${id} :s 404 mei #a :that is too long`);
  assert.ok(stored.includes('hunter2'));
});

test('the arrow keys get along with a message that was dropped', () => {
  const sent = ['a', 'b', 'c'];
  const recall = new Recall(sent);
  for (const shown of ['draft', 'c', 'b']) recall.back(shown);
  sent.splice(1);
  assert.equal(recall.forth(), 'a');
  assert.equal(recall.forth(), 'draft');
});
