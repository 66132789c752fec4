// A program in a terminal of its own (tmux): typed into, read from the screen, and shown as HTML.
import { execFileSync } from 'node:child_process';

// On a white screen. Each ink can be read there, each paper bears the dark ink.
const INKS = ['#1f2328', '#b3261e', '#116329', '#8a5a00', '#0550ae', '#6639ba', '#0b6b75', '#57606a'];
const PAPERS = ['#ffffff', '#ffd7d5', '#d2f4d9', '#fff0c2', '#d6e9ff', '#eadcff', '#d0f1f4', '#d0d7de'];
const PLAIN = { fg: -1, bg: -1, bold: false, dim: false, inverse: false };
export const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

export class Terminal {
  constructor(name, command, columns, rows) {
    this.socket = `loquat-${name}-${process.pid}`;
    const size = ['-x', String(columns), '-y', String(rows)];
    this.tmux('-f', '/dev/null', 'new-session', '-d', ...size, command, ';', 'set', 'status', 'off');
  }

  tmux(...args) {
    const env = { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
    return execFileSync('tmux', ['-u', '-L', this.socket, ...args], { env, encoding: 'utf8' });
  }

  type(text) {
    this.tmux('send-keys', '-l', text);
    this.tmux('send-keys', 'Enter');
  }

  // Waits until `text` is on the screen.
  async see(text) {
    for (let tries = 0; tries < 200; tries++) {
      if (this.tmux('capture-pane', '-p', '-J').includes(text)) return;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`no ${text} on the screen:\n${this.tmux('capture-pane', '-p')}`);
  }

  // The screen, with its colours.
  html() {
    let style = PLAIN;
    const parts = this.tmux('capture-pane', '-p', '-e', '-N').trimEnd().split(/\x1b\[([\d;]*)m/);
    return parts.map((part, i) => (i % 2 ? ((style = changed(style, part)), '') : span(style, part))).join('');
  }

  close() {
    try {
      this.tmux('kill-server');
    } catch {
      // its program has ended, and tmux with it
    }
  }
}

// `style` after the numbers of one "select graphic rendition" sequence. Source: ECMA-48 s.8.3.117.
function changed(style, numbers) {
  const now = { ...style };
  for (const n of numbers.split(';').map(Number)) {
    if (n === 0) Object.assign(now, PLAIN);
    else if (n === 1) now.bold = true;
    else if (n === 2) now.dim = true;
    else if (n === 7) now.inverse = true;
    else if (n === 22) now.bold = now.dim = false;
    else if (n === 27) now.inverse = false;
    else if (n === 39) now.fg = -1;
    else if (n === 49) now.bg = -1;
    else if (n >= 30 && n <= 37) now.fg = n - 30;
    else if (n >= 40 && n <= 47) now.bg = n - 40;
    else if (n >= 90 && n <= 97) now.fg = n - 90;
  }
  return now;
}

function span({ fg, bg, bold, dim, inverse }, text) {
  const ink = INKS[fg] ?? (dim ? '#57606a' : INKS[0]);
  const paper = PAPERS[bg] ?? 'transparent';
  const [front, back] = inverse ? [PAPERS[0], ink] : [ink, paper];
  const weight = bold ? ';font-weight:bold' : '';
  return `<span style="color:${front};background:${back}${weight}">${escaped(text)}</span>`;
}
