import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLine } from '../irc/line';
import { Chat } from './chat';
import { submit } from './commands';
import { outText } from './out';
import type { Room } from './room';
import { Session } from './session';

// A server with one room and a log. It answers at once unless it is deaf or mute.
class Server {
  log: { msgid: string; id: string; text: string; nick: string }[] = [];
  session = new Session(new Chat());
  sent: string[] = [];
  mute = false; // its lines do not reach the page
  deaf = false; // the page's lines do not reach it
  refusing = false;
  taken = new Set<string>();
  refusedRooms = new Set<string>();
  limit = 3;
  private next = 1;

  constructor(readonly nick = 'mei') {
    this.session.chat.wanted = nick;
  }

  get chat(): Chat {
    return this.session.chat;
  }
  get room(): Room {
    return this.chat.room('#lobby')!;
  }
  get texts(): string {
    return this.room.lines.filter((line) => line.msgid).map((line) => line.text).join(' ');
  }
  connect(): void {
    this.chat.phase = 'connecting';
    this.mute = this.deaf = false;
    this.session.opened((raw) => this.deaf || this.heard(raw));
  }
  cut(): void {
    this.mute = this.deaf = true;
    this.chat.phase = 'waiting';
    this.session.closed();
  }
  say(input: string): boolean {
    return submit(this.session, this.room, input, { help() {}, rooms() {}, quit() {} });
  }
  other(text: string, nick = 'ada'): void {
    this.store(nick, text, '', '');
  }
  restart(session: Session): void {
    this.session = session;
  }

  private answer(raw: string): void {
    if (!this.mute) this.session.line(raw);
  }
  private heard(raw: string): void {
    this.sent.push(raw);
    const { command, params, tags } = parseLine(raw)!;
    const label = tags.get('label') ?? '';
    if (command === 'CAP' && params[0] === 'LS') {
      this.answer(':s CAP * LS * :server-time message-tags');
      this.answer(':s CAP * LS :echo-message batch labeled-response draft/chathistory other');
    }
    if (command === 'CAP' && params[0] === 'REQ') this.answer(`:s CAP * ACK :${params[1]}`);
    if (command === 'NICK' && this.taken.has(params[0]!)) this.answer(`:s 433 * ${params[0]} :Taken`);
    else if (command === 'NICK') this.answer(`:s 001 ${params[0]} :Welcome`);
    if (command === 'JOIN' && this.refusedRooms.has(params[0]!)) this.answer(`:s 476 ${this.chat.nick} ${params[0]} :No`);
    else if (command === 'JOIN') {
      this.answer(`:${this.chat.nick}!w@h JOIN ${params[0]}`);
      this.answer(`:s 353 ${this.chat.nick} = ${params[0]} :@ada ${this.chat.nick}`);
      this.answer(`:s 366 ${this.chat.nick} ${params[0]} :End`);
    }
    if (command === 'PING') this.answer(`:s PONG s ${params[0]}`);
    if (command === 'PRIVMSG' && !this.refusing) this.store(this.chat.nick, params[1]!, tags.get('+loquat/id') ?? '', label);
    if (command === 'CHATHISTORY') this.history(params, label);
  }
  private store(nick: string, text: string, id: string, label: string): void {
    const entry = { msgid: `m${this.next++}`, id, text, nick };
    this.log.push(entry);
    this.answer(this.tagged(entry, label ? `label=${label};` : ''));
  }
  private tagged({ msgid, id, text, nick }: (typeof this.log)[number], more = ''): string {
    return `@${more}${id ? `+loquat/id=${id};` : ''}msgid=${msgid};time=2024-01-02T03:04:05.000Z :${nick}!w@h PRIVMSG #lobby :${text}`;
  }
  private history([verb, target, from]: string[], label: string): void {
    const at = this.log.findIndex((entry) => `msgid=${entry.msgid}` === from);
    if (verb !== 'LATEST' && at < 0) return this.answer(`@label=${label} :s FAIL CHATHISTORY UNKNOWN ${verb} :gone`);
    const page =
      verb === 'LATEST' ? this.log.slice(-this.limit)
      : verb === 'BEFORE' ? this.log.slice(Math.max(0, at - this.limit), at)
      : this.log.slice(at + 1, at + 1 + this.limit);
    this.answer(`@label=${label} :s BATCH +b chathistory ${target}`);
    for (const entry of page) this.answer(this.tagged(entry, 'batch=b;'));
    this.answer(':s BATCH -b');
  }
}

function joined(): Server {
  const server = new Server();
  server.connect();
  return server;
}

test('the page registers, joins the lobby and knows its members', () => {
  const server = joined();
  assert.equal(server.chat.phase, 'online');
  assert.equal(server.chat.activeRoom!.name, '#lobby');
  assert.deepEqual([...server.room.members.values()].map((m) => [m.nick, m.op]), [['ada', true], ['mei', false]]);
  assert.ok(server.room.complete);
});

test('a line is pending until its echo', () => {
  const server = joined();
  server.mute = true;
  server.say('one');
  assert.equal(server.room.pending.length, 1);
  server.mute = false;
  server.say('two');
  assert.equal(server.texts, 'two');
});

test('a lost echo: the line is found in history and not sent again', () => {
  const server = joined();
  server.other('before');
  server.mute = true;
  server.say('mine');
  for (let i = 0; i < 7; i++) server.other(`missed${i}`);
  server.cut();
  server.connect();
  assert.equal(server.texts, 'before mine missed0 missed1 missed2 missed3 missed4 missed5 missed6');
  assert.equal(server.room.pending.length, 0);
  assert.equal(server.log.filter((entry) => entry.text === 'mine').length, 1);
});

test('a lost line is sent again, and lines typed while offline follow in order', () => {
  const server = joined();
  server.other('before');
  server.deaf = true;
  server.say('lost');
  server.cut();
  server.say('typed offline');
  server.other('missed');
  server.connect();
  assert.equal(server.log.map((entry) => entry.text).join(' '), 'before missed lost typed offline');
  assert.equal(server.texts, 'before missed lost typed offline');
});

test('a cut in the middle of catching up loses nothing', () => {
  const server = joined();
  server.other('a');
  server.cut();
  for (const text of ['b', 'c', 'd', 'e']) {
    server.other(text);
  }
  server.connect();
  server.room.beginCatchUp();
  server.other('f');
  server.cut();
  server.mute = true;
  server.other('g');
  server.connect();
  assert.equal(server.texts, 'a b c d e f g');
});

test('after a reload, history decides whether a pending line is sent again', () => {
  for (const arrived of [true, false]) {
    const server = joined();
    server.other('known');
    if (arrived) server.mute = true;
    else server.deaf = true;
    server.say('mine');
    server.cut();
    server.mute = true;
    for (let i = 0; i < 8; i++) server.other(`later${i}`);
    const [pending] = server.room.pending;
    server.restart(new Session(new Chat()));
    server.chat.wanted = 'mei';
    server.chat.openRoom('#lobby').pending.push({ ...pending!, connection: -1 });
    server.connect();
    assert.equal(server.log.filter((entry) => entry.text === 'mine').length, 1);
    assert.equal(server.room.pending.length, 0);
    assert.ok(` ${server.texts}`.endsWith(arrived ? ' later5 later6 later7' : ' later6 later7 mine'));
  }
});

test('if history does not reach back far enough, the user decides', () => {
  const server = joined();
  server.other('known');
  server.deaf = true;
  server.say('mine');
  server.cut();
  server.mute = true;
  server.log = [];
  for (let i = 0; i < 60; i++) server.other(`later${i}`);
  server.connect();
  assert.equal(server.room.pending.length, 1);
  assert.ok(server.room.pending[0]!.failed);
  server.session.outbox.retry(server.room, server.room.pending[0]!.id);
  assert.equal(server.room.pending.length, 0);
});

test('a line without an echo when the PONG arrives was refused', () => {
  const server = joined();
  server.refusing = true;
  server.say('mine');
  assert.ok(server.session.outbox.awaitsEcho);
  server.session.ping();
  assert.ok(server.room.pending[0]!.failed);
  server.refusing = false;
  server.session.outbox.retry(server.room, server.room.pending[0]!.id);
  assert.equal(server.texts, 'mine');
});

test('an error with a label refuses the line with that label', () => {
  const server = joined();
  server.refusing = true;
  server.say('one');
  server.say('two');
  const [, two] = server.room.pending;
  server.session.line(`@label=${two!.id} :s FAIL PRIVMSG NOT_SAVED :The disk is full`);
  assert.deepEqual(server.room.pending.map((p) => p.failed), ['', 'The disk is full']);
});

test('if a name is taken, variations of it are tried', () => {
  const server = new Server();
  server.taken = new Set(['mei', 'mei_']);
  server.connect();
  assert.deepEqual(server.sent.filter((raw) => raw.startsWith('NICK')), ['NICK mei', 'NICK mei_', 'NICK mei2']);
});

test('scrolling back reads older pages up to the first line', () => {
  const server = new Server();
  server.mute = true;
  for (let i = 0; i < 8; i++) server.other(`l${i}`);
  server.connect();
  assert.equal(server.texts, 'l5 l6 l7');
  while (!server.room.complete) server.session.history.loadOlder(server.room);
  assert.equal(server.texts, 'l0 l1 l2 l3 l4 l5 l6 l7');
});

test('unread lines are counted in rooms that the user is not looking at', () => {
  const server = joined();
  server.session.join('#b');
  assert.equal(server.chat.active, '#b');
  server.other('hello mei');
  server.other('again');
  assert.equal(server.room.unread, 2);
  assert.equal(server.room.mentions, 1);
  assert.equal(server.room.newFrom, 'm1');
});

test('a private message opens a conversation, a CTCP query does not', () => {
  const server = joined();
  server.session.line('@msgid=q1 :ada!w@h PRIVMSG mei :psst');
  server.session.line('@msgid=q2 :ada!w@h PRIVMSG mei :\x01VERSION\x01');
  const query = server.chat.room('ada')!;
  assert.deepEqual(query.lines.map((line) => line.text), ['psst']);
  server.session.line(':ada!w@h NICK lovelace');
  assert.equal(server.chat.room('lovelace'), query);
});

test('a member list that was cut off is forgotten with its connection', () => {
  const server = joined();
  server.session.line(':s 353 mei = #lobby :gone');
  server.cut();
  server.connect();
  assert.deepEqual([...server.room.members.keys()], ['ada', 'mei']);
});

test('a taken name is asked for again when its holder leaves, compared as the server compares names', () => {
  const server = new Server('mäx');
  server.taken = new Set(['mäx']);
  server.connect();
  server.taken.clear();
  const asked = () => server.sent.filter((raw) => raw.startsWith('NICK')).slice(2);
  server.session.line(':MÄX!w@h QUIT');
  assert.deepEqual(asked(), []);
  server.session.line(':MäX!w@h QUIT');
  assert.deepEqual(asked(), ['NICK mäx']);
});

test('a kick holds: no JOIN by itself, on typing, on reconnecting or for a waiting line', () => {
  const server = joined();
  server.other('before');
  server.deaf = true;
  server.say('on its way');
  server.deaf = false;
  server.session.line(':ops!w@h KICK #lobby mei :spam “removed by ada”');
  const joins = () => server.sent.filter((raw) => raw.startsWith('JOIN')).length;
  assert.equal(joins(), 1);
  assert.equal(server.texts, 'before');
  assert.deepEqual(server.room.out, { by: 'ops', why: 'spam “removed by ada”' });
  assert.ok(outText(server.room).includes('“spam "removed by ada"”'));
  assert.equal(server.say('I type on'), false);
  assert.equal(server.say('I type on'), false);
  assert.equal(server.room.lines.filter((line) => line.kind === 'error').length, 1);
  assert.ok(server.room.pending[0]!.failed);
  server.session.outbox.retry(server.room, server.room.pending[0]!.id);
  assert.ok(server.room.pending[0]!.failed);
  server.cut();
  server.connect();
  assert.equal(joins(), 1);
  server.session.join('#lobby');
  assert.equal(server.room.out, null);
  assert.equal(joins(), 2);
  assert.equal(server.say('back'), true);
  assert.equal(server.texts, 'before back');
});

test('a refused room stays as it was, marked, and is not asked for again', () => {
  const server = joined();
  server.session.line(':ops!w@h KICK #lobby mei');
  server.session.join('#lobby');
  server.cut();
  server.refusedRooms.add('#lobby');
  server.room.out = null;
  server.other('missed');
  server.connect();
  assert.deepEqual(server.room.out, { by: '', why: 'No' });
  assert.equal(server.say('x'), false);
});

test('a room that there cannot be goes away, unless something was written there', () => {
  for (const written of [false, true]) {
    const server = new Server();
    server.chat.openRoom('#lobby');
    const bad = server.chat.openRoom('#bad<name>');
    server.chat.activate(bad);
    if (written) submit(server.session, bad, 'hello', { help() {}, rooms() {}, quit() {} });
    server.refusedRooms.add('#bad<name>');
    server.connect();
    assert.deepEqual([...server.chat.rooms.keys()], written ? ['#lobby', '#bad<name>'] : ['#lobby']);
    assert.equal(server.chat.active, written ? '#bad<name>' : '#lobby');
    if (written) assert.ok(bad.out && bad.pending[0]!.failed);
    else assert.equal(server.room.lines[0]!.text, '#bad<name>: No');
  }
});

test('only a few lines are on their way; the next ones follow the echoes, and waiting ones can be discarded', () => {
  const server = joined();
  server.mute = true;
  const lines = Array.from({ length: 30 }, (_, i) => `line${i}`);
  server.say(lines.join('\n'));
  assert.equal(server.log.length, 8);
  server.mute = false;
  for (const { msgid, id, text } of server.log.slice(0, 3)) {
    server.session.line(`@msgid=${msgid};+loquat/id=${id} :mei!w@h PRIVMSG #lobby :${text}`);
  }
  assert.ok(server.log.length > 8);
  const slow = joined();
  slow.mute = true;
  slow.say(lines.join('\n'));
  assert.equal(slow.session.outbox.waiting(slow.room), 22);
  slow.session.outbox.discardWaiting(slow.room);
  assert.equal(slow.room.pending.length, 8);
});

test('lines that wait behind others are sent once, in order, over a lost connection', () => {
  const server = joined();
  server.mute = true;
  server.say(Array.from({ length: 20 }, (_, i) => `l${i}`).join('\n'));
  server.cut();
  server.connect();
  assert.equal(server.log.map((entry) => entry.text).join(' '), Array.from({ length: 20 }, (_, i) => `l${i}`).join(' '));
  assert.equal(server.room.pending.length, 0);
});

test('a message without ink is marked', () => {
  const server = joined();
  for (const text of ['\u3164', '\u2800\u00a0', '\x02\x02', '\u200b']) server.other(text);
  assert.deepEqual(server.room.lines.map((line) => line.text), [
    '(nothing visible: U+3164)', '(nothing visible: U+2800 U+00A0)', '(nothing visible: U+0002)', '(nothing visible: U+200B)',
  ]);
});

test('WHOIS and WHO are answered by a sentence each', () => {
  const server = joined();
  const last = () => server.room.lines[server.room.lines.length - 1]!.text;
  for (const line of ['311 mei ada u web * :Ada Lovelace', '319 mei ada :#lobby #b', '312 mei ada s :Loquat', '313 mei ada :is an IRC operator', '318 mei ada :End']) {
    server.session.line(`:s ${line}`);
  }
  assert.equal(last(), 'ada: calls themselves \u2068“Ada Lovelace”\u2069 · in #lobby #b · operator of the server');
  server.session.line(':s 352 mei #lobby u web s ada H* :0 Ada');
  server.session.line(':s 352 mei #lobby u web s bob G :0 Bob');
  server.session.line(':s 315 mei #lobby :End');
  assert.equal(last(), '2 in #lobby: ada (operator), bob (away)');
});

test('WHO shows addresses where the server tells them', () => {
  const server = joined();
  server.session.line(':s 005 mei WHOX CHATHISTORY=100 :are supported');
  server.say('/who');
  assert.equal(server.sent[server.sent.length - 1], 'WHO #lobby %tinf,1');
  server.session.line(':s 354 mei 1 192.0.2.7 ada H*@');
  server.session.line(':s 354 mei 1 255.255.255.255 bob G');
  server.session.line(':s 315 mei #lobby :End');
  assert.equal(server.room.lines[server.room.lines.length - 1]!.text, '2 in #lobby: ada (operator, 192.0.2.7), bob (away)');
});

test('WHO with a name is answered by who that is, or by nobody', () => {
  const server = joined();
  const last = () => server.room.lines[server.room.lines.length - 1]!.text;
  server.session.line(':s 352 mei * u web s ada G* :0 Ada');
  server.session.line(':s 315 mei ada :End');
  assert.equal(last(), 'Here now: ada (operator, away)');
  server.session.line(':s 315 mei bob :End');
  assert.equal(last(), 'Nobody was found for bob.');
});

test('a notice about somebody stands in the conversation with them', () => {
  const server = joined();
  server.session.query('ben');
  server.chat.activate(server.room);
  server.session.line(':s NOTICE mei :ben lost the connection. What you said to ben at 10:02:05 UTC may not have arrived: hi');
  assert.equal(server.chat.room('ben')!.lines[0]!.kind, 'info');
  assert.equal(server.room.lines.length, 0);
});

test('a ban or a removal is remembered until the next connection; a lost server is none', () => {
  const server = joined();
  server.session.line(':ops!w@h KILL mei :ops (spam)');
  server.session.line('ERROR :Closing link: removed by ops: spam');
  assert.deepEqual(server.chat.removal, { banned: false, by: 'ops', why: 'spam' });
  server.cut();
  server.connect();
  assert.equal(server.chat.removal, null);
  server.session.line(':s 465 mei :You are banned from this server: spam');
  assert.deepEqual(server.chat.removal, { banned: true, by: '', why: 'spam' });
  assert.equal(server.room.lines.filter((line) => line.kind === 'error').length, 0);
  server.cut();
  server.connect();
  server.session.line('ERROR :Closing link: the server is shutting down');
  assert.equal(server.chat.removal, null);
});

test('a room that was empty when the connection was lost is read to its first line before a line is sent again', () => {
  const server = joined();
  server.mute = true;
  for (let i = 0; i < 7; i++) server.say(`l${i}`);
  server.cut();
  server.connect();
  assert.equal(server.log.map((entry) => entry.text).join(' '), 'l0 l1 l2 l3 l4 l5 l6');
  assert.equal(server.texts, 'l0 l1 l2 l3 l4 l5 l6');
});

test('the next connection takes the place of the last one with its token, and says what came last', () => {
  const server = joined();
  server.session.line(':s RESUME s3cret');
  server.session.line('@msgid=41 :ada!w@h PRIVMSG mei :psst');
  server.session.line('@msgid=40 :ada!w@h PRIVMSG mei :late');
  server.cut();
  server.connect();
  const sent = server.sent.slice(server.sent.lastIndexOf('CAP LS 302'));
  assert.ok(sent.indexOf('RESUME s3cret 41') > 0 && sent.indexOf('RESUME s3cret 41') < sent.indexOf('NICK mei'));
  server.session.line(':s FAIL RESUME INVALID_TOKEN :There is no session of that token');
  assert.equal(server.room.lines.length, 0);
});

test('a server with a new history counts from the start, and so does the page', () => {
  const server = joined();
  server.session.line(':s RESUME s3cret');
  server.session.line('@msgid=4100 :ada!w@h PRIVMSG mei :psst');
  server.cut();
  server.connect();
  server.session.line(':s FAIL RESUME INVALID_TOKEN :There is no session of that token');
  server.session.line(':s RESUME n3w');
  server.session.line('@msgid=7 :ada!w@h PRIVMSG mei :first');
  server.cut();
  server.connect();
  assert.ok(server.sent.includes('RESUME n3w 7'));
});

test('a WHOIS that was cut off is forgotten with its connection', () => {
  const server = joined();
  server.session.line(':s 311 mei ada u web * :Ada Lovelace');
  server.cut();
  server.connect();
  server.session.line(':s 301 mei ada :at lunch');
  assert.ok(server.room.lines[server.room.lines.length - 1]!.text.includes('at lunch'));
});
