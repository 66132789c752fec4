// The WebSocket: opens it, detects a dead one, and reconnects after random, growing pauses.
import type { Session } from './session';

const PING_AFTER = 20_000; // without any line from the server
const ECHO_WITHIN = 4_000; // an echo that takes longer makes us ping
const DEAD_AFTER = 8_000; // without an answer to a ping
const WELCOME_WITHIN = 15_000;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
const STEADY_AFTER = 10_000; // a connection that lived as long makes the next pause short again
const TICK = 1_000;

export class Link {
  private socket: WebSocket | null = null;
  private failures = 0;
  private openedAt = 0;
  private heardAt = 0;
  private pingedAt = 0; // 0: no ping is unanswered
  private echoDueSince = 0;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private ticker: ReturnType<typeof setInterval> | undefined;

  constructor(private url: string, private session: Session) {}

  // Connects now. Does nothing if there is a connection.
  connect(): void {
    clearTimeout(this.retry);
    if (this.socket) return;
    const { chat } = this.session;
    chat.phase = 'connecting';
    chat.touch();
    const socket = new WebSocket(this.url, ['text.ircv3.net']);
    this.socket = socket;
    this.openedAt = this.heardAt = Date.now();
    this.pingedAt = this.echoDueSince = 0;
    this.ticker = setInterval(() => this.tick(), TICK);
    socket.onopen = () => this.session.opened((raw) => socket.readyState === WebSocket.OPEN && socket.send(raw));
    socket.onmessage = (message) => this.heard(String(message.data));
    socket.onclose = () => this.lost();
    socket.onerror = () => {};
  }

  // Network or visibility has changed: reconnects at once, or pings to see whether the connection is alive.
  nudge(): void {
    const { phase } = this.session.chat;
    if (phase === 'waiting') this.connect();
    else if (phase === 'online' && !this.pingedAt) this.ping();
  }

  // Disconnects, and stays disconnected until connect().
  close(phase: 'left' | 'new', message = ''): void {
    clearTimeout(this.retry);
    if (message) this.session.chat.command('QUIT', message);
    this.drop();
    this.session.chat.phase = phase;
    this.session.chat.touch();
  }

  private heard(raw: string): void {
    this.heardAt = Date.now();
    this.pingedAt = 0;
    this.session.line(raw);
    if (this.session.chat.phase === 'new') this.close('new');
  }

  private ping(): void {
    this.pingedAt = Date.now();
    this.echoDueSince = 0;
    this.session.ping();
  }

  private tick(): void {
    const now = Date.now();
    if (this.session.chat.phase !== 'online') {
      if (now - this.openedAt > WELCOME_WITHIN) this.lost();
      return;
    }
    if (now - this.openedAt > STEADY_AFTER) this.failures = 0;
    if (this.pingedAt) {
      if (now - this.pingedAt > DEAD_AFTER) this.lost();
      return;
    }
    if (!this.session.outbox.awaitsEcho) this.echoDueSince = 0;
    else this.echoDueSince ||= now;
    const late = this.echoDueSince !== 0 && now - this.echoDueSince > ECHO_WITHIN;
    if (late || now - this.heardAt > PING_AFTER) this.ping();
  }

  private lost(): void {
    this.drop();
    const { chat } = this.session;
    if (chat.removal) {
      chat.phase = 'removed';
      return chat.touch();
    }
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures++) * (0.5 + Math.random() / 2);
    chat.phase = 'waiting';
    chat.retryAt = Date.now() + pause;
    this.retry = setTimeout(() => this.connect(), pause);
    chat.touch();
  }

  // Forgets the socket without waiting for its close event, which takes long on a dead connection.
  private drop(): void {
    clearInterval(this.ticker);
    const socket = this.socket;
    this.socket = null;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    this.session.closed();
  }
}
