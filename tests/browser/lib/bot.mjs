// A member without a browser: IRC over the server's WebSocket.
import WebSocket from 'ws';
import { leftovers } from './leftovers.mjs';

export class Bot {
  // Joins `room` as `nick`; resolves once the server has let it in.
  static async join(base, nick, room) {
    const bot = new Bot(base, nick);
    await bot.until((line) => / 001 /.test(line));
    bot.send(`JOIN ${room}`);
    await bot.until((line) => line.includes(' 366 '));
    return bot;
  }

  constructor(base, nick) {
    this.lines = [];
    this.waiting = [];
    leftovers.add(() => this.close());
    const url = new URL('/irc', base);
    url.protocol = url.protocol.replace('http', 'ws');
    this.socket = new WebSocket(url, ['text.ircv3.net'], { origin: new URL(base).origin });
    this.socket.on('open', () => {
      this.send('CAP REQ :message-tags server-time echo-message');
      this.send(`NICK ${nick}`);
      this.send(`USER ${nick} 0 * :${nick}`);
      this.send('CAP END');
    });
    this.socket.on('message', (data) => this.heard(String(data)));
    this.socket.on('error', (error) => this.fail(error));
    this.socket.on('close', () => this.fail(new Error(`${nick}: the server closed the connection`)));
  }

  send(line) {
    this.socket.send(line);
  }

  // Resolves once the server has answered everything before.
  async settled() {
    const token = `t${Math.random()}`;
    this.send(`PING ${token}`);
    await this.until((line) => line.includes(' PONG ') && line.includes(token));
  }

  // Resolves with the first line, past or future, for which `wanted` is true.
  until(wanted) {
    const past = this.lines.find(wanted);
    if (past) return Promise.resolve(past);
    if (this.failure) return Promise.reject(this.failure);
    return new Promise((resolve, reject) => this.waiting.push({ wanted, resolve, reject }));
  }

  count(text) {
    return this.lines.filter((line) => line.endsWith(`:${text}`)).length;
  }

  close() {
    this.socket.removeAllListeners('close');
    this.socket.close();
  }

  heard(line) {
    if (line.startsWith('PING')) return this.send(line.replace('PING', 'PONG'));
    this.lines.push(line);
    this.waiting = this.waiting.filter(({ wanted, resolve }) => !wanted(line) || resolve(line));
  }

  fail(error) {
    this.failure = error;
    for (const { reject } of this.waiting) reject(error);
    this.waiting = [];
  }
}
