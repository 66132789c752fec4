// A live lab. The server runs it as a child process; over a WebSocket it gets commands and returns rows of a trace.
import type { Player } from './player';
import { asRow } from './trace';

export type Phase = 'off' | 'starting' | 'running' | 'over' | 'refused';

export interface Trouble {
  reason: string; // "stranger", "key", "busy", ... or "ended", "failed", "nolab", "idle", "long", "lost"
  status?: number;
  text?: string;
  text_zh?: string;
}

interface Message {
  type: string;
  reason?: string;
  status?: number;
  text?: string;
  text_zh?: string;
}

const NO_LAB = 3; // the exit status where a lab cannot run

function endOf({ reason, status }: Message): string {
  if (reason !== 'ended' || !status) return reason ?? '';
  return status === NO_LAB ? 'nolab' : 'failed';
}

export class Lab {
  phase: Phase = 'off';
  trouble: Trouble | null = null;
  trusted: boolean;
  changed: () => void = () => {};
  private socket: WebSocket | null = null;
  private wanted = '';

  constructor(
    private readonly url: string,
    private readonly player: Player,
    trusted: boolean,
  ) {
    this.trusted = trusted;
  }

  start(name: string): void {
    this.wanted = name;
    this.trouble = null;
    this.phase = 'starting';
    this.player.open([], true);
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(`start ${name}`);
    else this.connect((socket) => socket.send(`start ${name}`));
    this.changed();
  }

  // Sends the operator's key. If it is right, the lab starts again.
  unlock(key: string): void {
    const send = (socket: WebSocket) => socket.send(`key ${key}`);
    if (this.socket?.readyState === WebSocket.OPEN) send(this.socket);
    else this.connect(send);
  }

  tell(command: string): void {
    if (this.phase === 'running' || this.phase === 'starting') this.socket?.send(command);
  }

  close(): void {
    this.socket?.close();
    this.socket = null;
    this.phase = 'off';
    this.changed();
  }

  private connect(then: (socket: WebSocket) => void): void {
    this.socket?.close();
    const socket = new WebSocket(this.url);
    this.socket = socket;
    socket.onopen = () => then(socket);
    socket.onmessage = (event) => this.socket === socket && this.take(String(event.data));
    socket.onclose = () => this.socket === socket && this.lost();
  }

  private lost(): void {
    this.socket = null;
    if (this.phase === 'starting' || this.phase === 'running') this.end({ reason: 'lost' });
  }

  private take(line: string): void {
    const message = JSON.parse(line) as Message;
    const row = asRow(message);
    if (row) {
      this.phase = 'running';
      this.player.add(row);
    } else if (message.type === 'welcome') {
      this.trusted = true;
      this.start(this.wanted);
    } else if (message.type === 'refused') {
      this.trouble = { ...message, reason: message.reason ?? '' };
      if (message.reason !== 'command') this.phase = 'refused';
    } else if (message.type === 'error') {
      this.trouble = { reason: 'command', text: message.text, text_zh: message.text_zh };
    } else if (message.type === 'over') {
      this.end({ ...message, reason: endOf(message) });
    }
    this.changed();
  }

  private end(trouble: Trouble): void {
    this.phase = 'over';
    this.trouble = trouble;
    this.player.playing = false;
    this.changed();
  }
}
