// Answers the subset of IRC that the page uses as the real server does. For development only.
const CAPS = 'server-time message-tags echo-message batch labeled-response draft/chathistory';
const LIMIT = 100;
const fold = (name) => name.toLowerCase();

function parse(raw) {
  const match = /^(?:@(\S+) +)?(?::\S+ +)?(\S+)(.*)$/.exec(raw);
  if (!match) return null;
  const tags = Object.fromEntries((match[1] ?? '').split(';').map((item) => item.split(/=(.*)/)));
  const [middle, ...rest] = match[3].split(/ :(.*)/s);
  const params = middle.split(' ').filter((word) => word !== '');
  if (rest.length) params.push(rest[0]);
  return { tags, command: match[2].toUpperCase(), params };
}

export class Irc {
  constructor() {
    this.rooms = new Map();
    this.clients = new Map();
    this.next = 1;
  }

  connect(send, close) {
    return new Client(this, send, close);
  }

  room(name) {
    const key = fold(name);
    if (!this.rooms.has(key)) this.rooms.set(key, { name, topic: '', members: new Set(), log: [] });
    return this.rooms.get(key);
  }
}

class Client {
  constructor(irc, send, close) {
    Object.assign(this, { irc, send, close, nick: '', user: '', caps: new Set(), capOpen: false, welcome: false });
    this.rooms = new Set();
  }

  get prefix() {
    return `${this.nick}!${this.user || 'web'}@web`;
  }

  line(raw) {
    const line = parse(raw);
    if (!line) return;
    this.label = this.caps.has('labeled-response') ? line.tags.label : undefined;
    const handler = this[`on${line.command}`];
    if (handler) handler.call(this, line.params, line.tags);
    else this.number(421, line.command, ':Unknown command');
    if (!this.welcome && this.nick && this.user && !this.capOpen) this.register();
  }

  gone(why) {
    if (this.irc.clients.get(fold(this.nick)) !== this) return;
    this.irc.clients.delete(fold(this.nick));
    const told = new Set();
    for (const room of this.rooms) {
      room.members.delete(this);
      for (const member of room.members) told.add(member);
    }
    for (const member of told) member.send(`:${this.prefix} QUIT :${why}`);
  }

  number(code, ...params) {
    const tag = this.label ? `@label=${this.label} ` : '';
    this.send(`${tag}:mock ${String(code).padStart(3, '0')} ${this.nick || '*'} ${params.join(' ')}`);
  }

  register() {
    this.welcome = true;
    this.number(1, `:Welcome, ${this.nick}`);
    this.number(5, `CASEMAPPING=ascii CHATHISTORY=${LIMIT} NETWORK=mock :are supported`);
    this.number(422, ':No message of the day');
  }

  onCAP([verb, ...rest]) {
    if (verb === 'LS') {
      this.capOpen = true;
      this.send(`:mock CAP * LS :${CAPS}`);
    } else if (verb === 'REQ') {
      for (const name of rest.join(' ').trim().split(' ')) this.caps.add(name);
      this.send(`:mock CAP * ACK :${rest.join(' ')}`);
    } else if (verb === 'END') this.capOpen = false;
  }

  onNICK([nick]) {
    if (!/^[^\s,*?!@#&:.\d-][^\s,*?!@]{0,29}$/u.test(nick ?? '')) return this.number(432, nick, ':Erroneous nickname');
    const holder = this.irc.clients.get(fold(nick));
    if (holder && holder !== this) return this.number(433, nick, ':Nickname is already in use');
    const told = new Set([this]);
    for (const room of this.rooms) for (const member of room.members) told.add(member);
    if (this.welcome) for (const member of told) member.send(`:${this.prefix} NICK ${nick}`);
    this.irc.clients.delete(fold(this.nick));
    this.nick = nick;
    this.irc.clients.set(fold(nick), this);
  }

  onUSER([user]) {
    this.user = user;
  }

  onPING([token]) {
    this.send(`:mock PONG mock ${token}`);
  }

  onPONG() {}

  onJOIN([names]) {
    for (const name of names.split(',')) {
      if (!/^#[^\s,<>]+$/.test(name)) {
        this.number(476, name, ':Bad channel name');
        continue;
      }
      const room = this.irc.room(name);
      if (room.members.has(this)) continue;
      room.members.add(this);
      this.rooms.add(room);
      for (const member of room.members) member.send(`:${this.prefix} JOIN ${room.name}`);
      if (room.topic) this.number(332, room.name, `:${room.topic}`);
      this.onNAMES([name]);
    }
  }

  onNAMES([name]) {
    const room = this.irc.room(name);
    this.number(353, '=', room.name, `:${[...room.members].map((member) => member.nick).join(' ')}`);
    this.number(366, room.name, ':End of names');
  }

  onPART([name]) {
    const room = this.irc.room(name);
    if (!room.members.has(this)) return this.number(442, name, ":You're not in that room");
    for (const member of room.members) member.send(`:${this.prefix} PART ${room.name}`);
    room.members.delete(this);
    this.rooms.delete(room);
  }

  onTOPIC([name, topic]) {
    const room = this.irc.room(name);
    if (topic === undefined) return this.number(room.topic ? 332 : 331, room.name, `:${room.topic}`);
    room.topic = topic;
    for (const member of room.members) member.send(`:${this.prefix} TOPIC ${room.name} :${topic}`);
  }

  onLIST() {
    this.number(321, 'Channel', ':Users Name');
    for (const room of this.irc.rooms.values()) this.number(322, room.name, room.members.size, `:${room.topic}`);
    this.number(323, ':End of list');
  }

  onWHO([name]) {
    for (const member of this.irc.room(name).members) {
      this.number(352, name, member.user, 'web', 'mock', member.nick, 'H', ':0 web');
    }
    this.number(315, name, ':End of WHO');
  }

  onMODE([name]) {
    this.number(324, name, '+nt');
  }

  onQUIT() {
    this.gone('bye');
    this.close();
  }

  onNOTICE(params, tags) {
    this.say('NOTICE', params, tags);
  }

  onPRIVMSG(params, tags) {
    this.say('PRIVMSG', params, tags);
  }

  say(command, [target = '', text = ''], tags) {
    if (text === '') return this.number(412, ':No text to send');
    const entry = { msgid: `m${this.irc.next++}`, time: new Date().toISOString(), id: tags['+loquat/id'] };
    // Screenshot scripts set the time of a message.
    if (tags['+mock/time']) entry.time = tags['+mock/time'];
    entry.text = `:${this.prefix} ${command} ${target} :${text}`;
    if (target.startsWith('#')) {
      const room = this.irc.room(target);
      if (!room.members.has(this)) return this.number(404, target, ':You are not in that room');
      room.log.push(entry);
      for (const member of room.members) member.deliver(entry, member === this ? this.label : undefined);
      return;
    }
    const person = this.irc.clients.get(fold(target));
    if (!person) return this.number(401, target, ':No such nick');
    this.deliver(entry, this.label);
    if (person !== this) person.deliver(entry);
  }

  deliver({ msgid, time, id, text }, label, batch) {
    const tags = [`time=${time}`, `msgid=${msgid}`];
    if (id) tags.push(`+loquat/id=${id}`);
    if (label) tags.push(`label=${label}`);
    if (batch) tags.push(`batch=${batch}`);
    this.send(`@${tags.join(';')} ${text}`);
  }

  onCHATHISTORY([verb, target, from, count]) {
    const fail = (code) => this.send(`${this.label ? `@label=${this.label} ` : ''}:mock FAIL CHATHISTORY ${code} ${verb} ${target} :No history`);
    if (!target?.startsWith('#')) return fail('INVALID_TARGET');
    const { log } = this.irc.room(target);
    const most = Math.min(LIMIT, Number(count));
    const at = log.findIndex(({ msgid }) => `msgid=${msgid}` === from);
    if (verb !== 'LATEST' && at < 0) return fail('UNKNOWN_MSGID');
    const page =
      verb === 'LATEST' ? log.slice(-most)
      : verb === 'BEFORE' ? log.slice(Math.max(0, at - most), at)
      : log.slice(at + 1, at + 1 + most);
    const ref = `b${this.irc.next++}`;
    this.send(`${this.label ? `@label=${this.label} ` : ''}:mock BATCH +${ref} chathistory ${target}`);
    for (const entry of page) this.deliver(entry, undefined, ref);
    this.send(`:mock BATCH -${ref}`);
  }
}
