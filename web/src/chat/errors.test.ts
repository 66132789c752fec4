import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLine } from '../irc/line';
import { setLanguage } from '../language';
import { errorText, noticeText, quitReason, reasonText, refusesPassword } from './errors';

const of = (raw: string) => errorText(parseLine(raw)!);

test('errors of the server are told in the language of the page', () => {
  assert.equal(of(':s 442 mei #a :You are not on that channel'), 'You are not on that channel');
  setLanguage('zh');
  assert.equal(of(':s 442 mei #a :You are not on that channel'), '你不在 #a 里。');
  assert.equal(of(':s 499 mei #a :Something new'), 'Something new');
  assert.equal(errorText(parseLine(':s FAIL PRIVMSG READ_ONLY #a :nothing can be saved at the moment, so rooms are read-only')!, 'READ_ONLY'), '服务器现在无法保存，所有房间暂时只读。');
  assert.equal(reasonText('the server is shutting down'), '服务器正在关闭');
  assert.equal(noticeText('ben lost the connection. What you said to ben at 10:02:05 UTC may not have arrived: hi'), 'ben 的连接断了，你在 10:02:05（UTC）说的话可能没有送到：“hi”');
  assert.equal(noticeText('Something new'), 'Something new');
  assert.equal(reasonText('something new'), 'something new');
  setLanguage('en');
});

test('the reason of an error stays, in Chinese if the page knows it', () => {
  const secret = ':s 404 mei #lobby :Cannot send to channel: it looks like a password, and everybody in the room would read it';
  assert.ok(refusesPassword(parseLine(secret)!));
  assert.ok(!refusesPassword(parseLine(':s 404 mei #lobby :that is too long')!));
  assert.ok(refusesPassword(parseLine(':s 404 mei #lobby :it contains the operator key, and everybody would read it')!));
  setLanguage('zh');
  assert.equal(of(secret), '消息没有发到 #lobby：这看起来像密码，发出去房间里的人都会看到。');
  assert.equal(of(':s 404 mei #a :Something new: x'), '消息没有发到 #a：Something new: x。');
  assert.equal(of(':s 432 mei a,b :Erroneous nickname: it has a character that is not allowed'), '服务器不接受 a,b 这个名字：名字里有不能用的字符。');
  assert.equal(of(':s 432 mei ben :Erroneous nickname: that nick is banned'), '服务器不接受 ben 这个名字：这个名字已被封禁。');
  assert.equal(of(':s 432 mei $& :Erroneous nickname'), '服务器不接受 $& 这个名字。');
  assert.equal(of(":s 476 mei #a :A room's name is too long"), '#a 不能用作房间名：名字太长了。');
  assert.equal(of(':s 403 mei #a :No such channel'), '没有 #a 这个房间。');
  assert.equal(of(':s 400 mei TOPIC :it could not be saved, and nobody has seen it: No space left on device'), 'TOPIC 没有执行：没能保存，谁也没有看到：No space left on device。');
  assert.equal(of(":s 483 mei :You can't kill or kick root: that is the operator at the server itself"), '不能移出 root：那是服务器本机的管理员。');
  setLanguage('en');
});

test('what operators are told is told in Chinese', () => {
  setLanguage('zh');
  const sentences = [
    ['the nick ben is banned, and 1 who was here had to leave. Who comes with another nick is not met: KLINE ben bans the address, without showing it', '已封禁名字 ben，并移出了 1 个在线的人。换个名字就能再来：/ban ben --address 封禁其地址（不显示）'],
    ['192.0.2.7 is banned; it applies to nobody here', '已封禁 192.0.2.7，在线的人都不受影响'],
    ['2001:db8::1 is banned; it applies to nobody here. One host has a whole network: /ban 2001:db8::/64 meets it', '已封禁 2001:db8::1，在线的人都不受影响。一台主机会有整个网段：/ban 2001:db8::/64 封禁整个网段'],
    ['the address of ben is banned without being shown; it applies to nobody here. To unban ben ends it', '已封禁 ben 的地址（不显示），在线的人都不受影响。/unban ben 解除封禁'],
    ['guest7 is a name that the server gives, so the address is banned without being shown, and 2 who were here had to leave. To unban guest7 ends it', 'guest7 是服务器起的名字，所以封禁的是其地址（不显示），并移出了 2 个在线的人。/unban guest7 解除封禁'],
    ['the ban of ben is ended', '已解除对 ben 的封禁'],
    ['the ban of ben is ended: there were 2', '已解除对 ben 的封禁：共 2 条'],
    ['the ban of 192.0.2.7 is ended, but it is still met by that of 192.0.2.0/24', '已解除对 192.0.2.7 的封禁，但 192.0.2.0/24 的封禁仍包含它'],
    ['ben had to leave', '已移出 ben'],
    ['ben was removed from #a', '已把 ben 移出 #a'],
    ['ben was not banned: nobody here has that nick, nor had it a short while ago. KLINE ben!*@* bans the nick', '没有封禁 ben：现在没有叫这个名字的人，不久前也没有。/ban ben 封禁这个名字'],
    ['192.0.2.7 was not unbanned: there is no such ban; it is met by that of 192.0.2.0/24', '没有解除对 192.0.2.7 的封禁：没有这条封禁；包含它的是 192.0.2.0/24 的封禁'],
    ['ben was not banned: it could not be saved, and nobody has seen it (No space left on device)', '没有封禁 ben：没能保存，谁也没有看到（No space left on device）'],
    ['nobody is banned', '没有封禁任何人'],
    ['the nick ben (spam (again), by bob), by ada, 2026-01-02 03:04 UTC', '名字 ben（spam (again), by bob），由 ada 封禁，2026-01-02 03:04 UTC'],
    ['192.0.2.7, the address of ben, by ada, 2026-01-02 03:04 UTC', '192.0.2.7，ben 的地址，由 ada 封禁，2026-01-02 03:04 UTC'],
    ['192.0.2.0/24', '192.0.2.0/24'],
    ['and 7 more', '还有 7 条'],
  ];
  for (const [english, chinese] of sentences) assert.equal(noticeText(english!), chinese);
  setLanguage('en');
});

test('a hint names the commands of the page', () => {
  assert.equal(noticeText('the nick ben is banned. Who comes with another nick is not met: KLINE ben bans the address, without showing it'), 'the nick ben is banned. Who comes with another nick is not met: /ban ben --address bans the address, without showing it');
  assert.equal(noticeText('ben was not banned: nobody here has that nick. KLINE ben!*@* bans the nick'), 'ben was not banned: nobody here has that nick. /ban ben bans the nick');
  assert.equal(noticeText('a!b was not banned. A ban is of a nick (NICK!*@*) or of an address (*!*@192.0.2.0/24); KLINE NICK bans the address of NICK'), 'a!b was not banned. A ban is of a nick (NICK!*@*) or of an address (*!*@192.0.2.0/24); /ban NICK --address bans the address of NICK');
});

test('the words of a user are quoted, the words of the server are not', () => {
  assert.equal(quitReason('Quit: removed by ada'), '\u2068“removed by ada”\u2069');
  assert.equal(quitReason('Quit: ” removed by ada “'), '\u2068“" removed by ada "”\u2069');
  assert.equal(quitReason('Ping timeout'), 'Ping timeout');
  assert.equal(quitReason('removed by ada: spam'), 'removed by ada \u2068“spam”\u2069');
  assert.equal(quitReason('Client quit'), '');
});
