// The page as people use it. LOQUAT_URL is the server; LOQUAT_TEXT=0 says that it has no text door (a mock).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, composer, connected, enter, launch, say, settled, texts, unique } from './lib/chromium.mjs';
import { Guard } from './lib/guard.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

test('two browsers talk; nothing is blocked, fails or goes elsewhere', async () => {
  const room = unique('#talk');
  const guards = [];
  const prepare = async (context) => guards.push(await Guard.on(context, BASE));
  const [a, b] = await Promise.all(
    ['anna', 'ben'].map((name) => enter(browser, `${BASE}${room}`, unique(name), {}, prepare)),
  );
  for (const page of [a, b]) await page.getByRole('heading', { name: room, exact: true }).waitFor();
  await say(a, 'hello <b>ben</b> https://example.org/x?y=1.');
  await settled(b, 'hello <b>ben</b>');
  const link = b.getByRole('link', { name: 'https://example.org/x?y=1' });
  assert.equal(await link.getAttribute('rel'), 'noopener noreferrer');
  await say(b, '/me waves');
  await settled(a, 'waves');
  const long = `${'枇杷'.repeat(150)}完`;
  await say(b, long);
  await settled(a, '完'); // the last of its pieces
  const pieces = (await texts(a)).slice(2);
  assert.ok(pieces.length >= 3);
  assert.equal(pieces.join(''), long);
  await say(a, '/topic what we talk about');
  await b.locator('header').getByText('what we talk about').waitFor();
  for (const guard of guards) guard.check();
  await Promise.all([a.context().close(), b.context().close()]);
});

test('a reload keeps name, room and history', async () => {
  const room = unique('#stay');
  const page = await enter(browser, `${BASE}${room}`, unique('cleo'));
  await say(page, 'first');
  await say(page, 'second');
  await settled(page, 'second');
  await page.reload();
  await connected(page);
  await settled(page, 'second');
  assert.deepEqual(await texts(page), ['first', 'second']);
  await page.context().close();
});

test('a taken name is varied, a refused one is asked for again', async () => {
  const nick = unique('dora');
  const bot = await Bot.join(BASE, nick, '#lobby');
  const page = await enter(browser, BASE, nick);
  await page.getByRole('button', { name: `${nick}_ – Settings` }).waitFor();
  bot.close();
  await page.getByRole('button', { name: `${nick} – Settings` }).waitFor();
  await page.context().close();
});

test('unread lines are counted, marked, and read by looking', async () => {
  const [quiet, loud] = [unique('#quiet'), unique('#loud')];
  const nick = unique('eva');
  const page = await enter(browser, `${BASE}${loud}`, nick);
  await page.getByRole('heading', { name: loud, exact: true }).waitFor();
  const bot = await Bot.join(BASE, unique('finn'), loud);
  bot.send(`PRIVMSG ${loud} :seen`);
  await settled(page, 'seen');
  await say(page, `/join ${quiet}`);
  await page.getByRole('heading', { name: quiet, exact: true }).waitFor();
  bot.send(`PRIVMSG ${loud} :one`);
  bot.send(`PRIVMSG ${loud} :two for ${nick}`);
  const rooms = page.getByRole('navigation', { name: 'Rooms' });
  await rooms.getByRole('button', { name: `${loud}, 2 unread` }).waitFor();
  await page.waitForFunction(() => document.title.startsWith('(2)'));
  await composer(page).press('Alt+ArrowUp');
  await page.getByRole('heading', { name: loud, exact: true }).waitFor();
  await page.getByRole('separator', { name: 'New' }).waitFor();
  const order = await page.getByRole('log').locator('.text, .rule.new').allTextContents();
  assert.deepEqual(order, ['seen', 'New', 'one', `two for ${nick}`]);
  await rooms.getByRole('button', { name: loud, exact: true }).waitFor();
  await page.waitForFunction(() => !document.title.startsWith('('));
  bot.send(`PRIVMSG ${nick} :just for you`);
  await rooms.getByRole('button', { name: /^finn.*, 1 unread/ }).click();
  await settled(page, 'just for you');
  bot.close();
  await page.context().close();
});

test('scrolling back reads to the first line, and what is looked at stays in place', async () => {
  const room = unique('#long');
  const bot = await Bot.join(BASE, unique('gus'), room);
  for (let i = 0; i < 260; i++) bot.send(`PRIVMSG ${room} :line ${i}.`);
  await bot.settled();
  const page = await enter(browser, `${BASE}${room}`, unique('hana'));
  await settled(page, 'line 259.');
  const log = page.getByRole('log');
  await page.waitForFunction(() => document.querySelector('.log').getAttribute('aria-busy') === 'false');
  const jumps = await log.evaluate(async (box) => {
    const worst = [];
    const frame = () => new Promise(requestAnimationFrame);
    for (let turn = 0; turn < 400 && !document.querySelector('.start'); turn++) {
      box.scrollTop = Math.max(0, box.scrollTop - 400);
      const top = box.getBoundingClientRect().top;
      const row = [...box.querySelectorAll('.row')].find((r) => r.getBoundingClientRect().bottom > top + 5);
      const was = row.getBoundingClientRect().top;
      await frame();
      await frame();
      if (row.isConnected) worst.push(Math.abs(row.getBoundingClientRect().top - was));
    }
    return worst;
  });
  assert.ok(Math.max(...jumps) < 3, `moved by ${Math.max(...jumps)} px`);
  await page.getByRole('heading', { name: /begins/ }).waitFor();
  const wanted = Array.from({ length: 260 }, (_, i) => `line ${i}.`);
  const drawn = await texts(page); // not all: drawing.spec.mjs
  assert.ok(drawn.length > 100);
  assert.deepEqual(drawn, wanted.slice(0, drawn.length));
  bot.send(`PRIVMSG ${room} :below`);
  await page.getByRole('button', { name: '1 new' }).waitFor();
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => {
    const box = document.querySelector('.log');
    return box.scrollHeight - box.scrollTop - box.clientHeight < 5;
  });
  bot.close();
  await page.context().close();
});

test('everything is reached by the keyboard', async () => {
  const page = await enter(browser, BASE, unique('ines'));
  const room = unique('#keys');
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox').fill(room);
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: room, exact: true }).waitFor();
  await page.locator('#composer:focus').waitFor();
  const reached = new Set();
  for (let i = 0; i < 25; i++) {
    await page.keyboard.press('Shift+Tab');
    reached.add(await page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? ''));
  }
  for (const label of ['Join a room', `Leave ${room}`, 'Change the topic', 'Help', `Conversation in ${room}`]) {
    assert.ok(reached.has(label), `not reached: ${label}`);
  }
  await page.context().close();
});

test('in Chinese', async () => {
  const room = unique('#枇杷');
  const page = await enter(browser, `${BASE}${room}`, unique('lin'), { locale: 'zh-CN' });
  assert.equal(await page.locator('html').getAttribute('lang'), 'zh-CN');
  await page.getByRole('textbox', { name: `给 ${room} 发消息` }).waitFor();
  await page.getByRole('navigation', { name: '房间' }).waitFor();
  await say(page, '你好，枇杷');
  await settled(page, '你好，枇杷');
  await page.context().close();
});

test('on a phone', async () => {
  const phone = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };
  const page = await enter(browser, BASE, unique('jo'), phone);
  const wide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  assert.ok(!(await wide()), 'wider than the screen');
  assert.ok(await composer(page).isVisible());
  const rooms = page.getByRole('navigation', { name: 'Rooms' });
  assert.ok(!(await rooms.isVisible()));
  await page.getByRole('button', { name: 'Show rooms' }).tap();
  await rooms.getByRole('button', { name: 'Join a room' }).tap();
  const room = unique('#phone');
  await page.getByRole('combobox').fill(room);
  await page.getByRole('option', { name: `Join or create ${room}` }).tap();
  await page.getByRole('heading', { name: room, exact: true }).waitFor();
  await say(page, 'w'.repeat(300));
  await settled(page, 'www');
  assert.ok(!(await wide()), 'a long word makes it wider than the screen');
  await page.context().close();
});

const noText = process.env.LOQUAT_TEXT === '0' ? 'this server has no text door' : false;
test('a browser and netcat talk in the lobby', { skip: noText }, async () => {
  const page = await enter(browser, BASE, unique('kim'));
  const nick = unique('nc');
  const { hostname, port } = new URL(BASE);
  const socket = connect(Number(port), hostname);
  let heard = '';
  socket.on('data', (data) => (heard += data));
  const word = unique('netcat-says-');
  socket.write(`/nick ${nick}\n${word}\n`);
  await settled(page, word);
  const answer = unique('page-says-');
  await say(page, answer);
  while (!heard.includes(answer)) await once(socket, 'data');
  socket.destroy();
  await page.context().close();
});
