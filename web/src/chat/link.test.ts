import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Chat } from './chat';
import { Link } from './link';
import { Session } from './session';

// Sockets that the test opens, speaks through and closes, and a clock that the test moves.
class FakeSocket {
  static readonly OPEN = 1;
  static last: FakeSocket;
  readyState = FakeSocket.OPEN;
  onopen: (() => void) | null = null;
  onmessage: ((message: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  constructor() {
    FakeSocket.last = this;
  }
  send(): void {}
  close(): void {}
  say(...lines: string[]): void {
    for (const data of lines) this.onmessage?.({ data });
  }
}

function scene(body: (link: Link, chat: Chat, lines: (...lines: string[]) => void) => void): void {
  const kept = { WebSocket: globalThis.WebSocket, random: Math.random, now: Date.now };
  Object.assign(globalThis, { WebSocket: FakeSocket });
  Math.random = () => 1;
  Date.now = () => 1_000_000;
  const chat = new Chat();
  chat.wanted = 'mei';
  const link = new Link('ws://server/irc', new Session(chat));
  // Connects, hears `lines`, and loses the connection.
  const lines = (...heard: string[]) => {
    link.connect();
    FakeSocket.last.onopen!();
    FakeSocket.last.say(...heard);
    FakeSocket.last.onclose?.();
  };
  try {
    body(link, chat, lines);
  } finally {
    link.close('left');
    Object.assign(globalThis, { WebSocket: kept.WebSocket });
    Math.random = kept.random;
    Date.now = kept.now;
  }
}

test('the pauses grow, even if the server says welcome before it closes', () =>
  scene((_, chat, lines) => {
    const pauses = Array.from({ length: 8 }, () => (lines(':s 001 mei :Welcome'), chat.retryAt - Date.now()));
    assert.deepEqual(pauses, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
  }));

test('after a KILL or a ban the page waits for the user', () =>
  scene((link, chat, lines) => {
    lines(':s 001 mei :Welcome', 'ERROR :Closing link: removed by ops: spam');
    assert.equal(chat.phase, 'removed');
    link.nudge();
    assert.equal(chat.phase, 'removed');
    lines(':s 465 mei :You are banned from this server', 'ERROR :Closing link: you are banned from this server');
    assert.equal(chat.phase, 'removed');
    assert.ok(chat.removal!.banned);
    lines(':s 001 mei :Welcome', 'ERROR :Closing link: the server is shutting down');
    assert.equal(chat.phase, 'waiting');
  }));
