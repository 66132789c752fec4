import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseLine } from '../irc/line';
import { setLanguage } from '../language';
import { errorText, noticeText, quitReason, reasonText } from './errors';

const of = (raw: string) => errorText(parseLine(raw)!);

test('errors of the server are told in the language of the page', () => {
  assert.equal(of(':s 442 mei #a :You are not on that channel'), 'You are not on that channel');
  setLanguage('zh');
  assert.equal(of(':s 442 mei #a :You are not on that channel'), '你不在 #a 里。');
  assert.equal(of(':s 499 mei #a :Something new'), 'Something new');
  assert.equal(errorText(parseLine(':s FAIL PRIVMSG READ_ONLY #a :disk')!, 'READ_ONLY'), '服务器现在无法保存，所有房间暂时只读。');
  assert.equal(reasonText('the server is shutting down'), '服务器正在关闭');
  assert.equal(noticeText('ben lost the connection. What you said to ben at 10:02:05 UTC may not have arrived: hi'), 'ben 的连接断了，你在 10:02:05（UTC）说的话可能没有送到：“hi”');
  assert.equal(noticeText('Something new'), 'Something new');
  assert.equal(reasonText('something new'), 'something new');
  setLanguage('en');
});

test('the words of a user are quoted, the words of the server are not', () => {
  assert.equal(quitReason('Quit: removed by ada'), '\u2068“removed by ada”\u2069');
  assert.equal(quitReason('Quit: ” removed by ada “'), '\u2068“" removed by ada "”\u2069');
  assert.equal(quitReason('Ping timeout'), 'Ping timeout');
  assert.equal(quitReason('removed by ada: spam'), 'removed by ada \u2068“spam”\u2069');
  assert.equal(quitReason('Client quit'), '');
});
