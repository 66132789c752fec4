// A program in a terminal of its own (tmux): typed into, read from the screen, and shown as HTML.
import { execFileSync } from 'node:child_process';

const INKS = ['#1b1f24', '#e5534b', '#57ab5a', '#c69026', '#539bf5', '#b083f0', '#39c5cf', '#adbac7'];
const PAPERS = ['#1b1f24', '#8b2c28', '#2b5a30', '#6b5416', '#1f4b85', '#5b3c8c', '#1d6469', '#adbac7'];
const escaped = (text) => text.replace(/[&<>]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[c]);

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
    let style = { fg: -1, bg: -1, bold: false, inverse: false };
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
    if (n === 0) Object.assign(now, { fg: -1, bg: -1, bold: false, inverse: false });
    else if (n === 1) now.bold = true;
    else if (n === 7) now.inverse = true;
    else if (n === 22) now.bold = false;
    else if (n === 27) now.inverse = false;
    else if (n === 39) now.fg = -1;
    else if (n === 49) now.bg = -1;
    else if (n >= 30 && n <= 37) now.fg = n - 30;
    else if (n >= 40 && n <= 47) now.bg = n - 40;
    else if (n >= 90 && n <= 97) now.fg = n - 90;
  }
  return now;
}

function span({ fg, bg, bold, inverse }, text) {
  const ink = INKS[fg] ?? '#cdd9e5';
  const paper = PAPERS[bg] ?? 'transparent';
  const [front, back] = inverse ? [PAPERS[0], ink] : [ink, paper];
  const weight = bold ? ';font-weight:bold' : '';
  return `<span style="color:${front};background:${back}${weight}">${escaped(text)}</span>`;
}
