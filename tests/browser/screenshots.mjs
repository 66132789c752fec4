// Pictures of the page in its states, for looking at. Usage: LOQUAT_URL=http://127.0.0.1:7777/ node screenshots.mjs DIR
import { mkdirSync } from 'node:fs';
import { Bot } from './lib/bot.mjs';
import { BASE as base, enter, launch } from './lib/chromium.mjs';
import { Voice } from './lib/voice.mjs';

const out = process.argv[2] ?? 'shots';
const only = process.argv[3] ?? '';
mkdirSync(out, { recursive: true });

const DESK = { width: 1280, height: 800 };
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 };
const browser = await launch();
let pages = 0;

async function shot(name, page) {
  if (only && !name.includes(only)) return;
  await page.screenshot({ path: `${out}/${name}.png` });
}
async function visit(options = {}, nick = 'mei') {
  return enter(browser, base, pages++ ? `${nick}${pages}` : nick, { viewport: DESK, ...options });
}

const first = await (await browser.newContext({ viewport: DESK, locale: 'en-US' })).newPage();
await first.goto(base);
await first.getByRole('textbox').waitFor();
await shot('welcome', first);
await first.context().close();

const empty = await visit();
await empty.getByRole('heading', { name: /begins/ }).waitFor();
await shot('empty', empty);
await empty.context().close();

// A busy evening.
const [ada, lin, carl, yara] = await Promise.all(
  ['ada', '林小雨', 'carl', 'yara'].map((nick) => Bot.join(base, nick, '#lobby')),
);
const ago = (minutes) => `@+mock/time=${new Date(Date.now() - minutes * 60_000).toISOString()} `;
const talk = [
  [ada, 1500, 'Good evening! Has anybody got the echo server from chapter 3 to work?'],
  [carl, 1498, 'yes, it is nine lines now, see https://example.org/loquat/examples/03_one_message.cc'],
  [carl, 1497, 'the interesting part is that recv() only blocks the fiber'],
  [lin, 1490, '我用 nc 连上来的，完全不需要客户端'],
  [lin, 1490, '浏览器、终端、irssi 都在同一间屋里，历史记录也都在。'],
  [ada, 60, 'Back again. Who wants to see the four-way close live?'],
  [yara, 58, 'Me! Is TIME-WAIT really the one who closes first?'],
  [ada, 57, 'Exactly. Start `loquat wire play close` in another terminal and watch both ends: FIN-WAIT-1, FIN-WAIT-2, TIME-WAIT on the left, CLOSE-WAIT and LAST-ACK on the right. The picture is drawn from the true kernel states, not from a textbook.'],
  [carl, 55, '\x01ACTION makes tea for everybody\x01'],
  [yara, 54, 'haha'],
  [lin, 20, 'mei 在吗？你上次说的那个问题我找到原因了'],
  [lin, 19, '对端的接收窗口是 0，它的程序没有在读'],
  [ada, 3, 'מישהו כאן? (just testing right-to-left)'],
];
for (const [bot, minutes, text] of talk) {
  bot.send(`${ago(minutes)}PRIVMSG #lobby :${text}`);
  await bot.settled();
}
ada.send('TOPIC #lobby :Sockets you can write, talk through, and see · loquat wire play close');
carl.send('JOIN #rust-vs-cpp');
lin.send('JOIN #教室');
await Promise.all([ada, lin, carl].map((bot) => bot.settled()));

async function busy(options) {
  const page = await visit(options);
  for (const name of ['#rust-vs-cpp', '#教室', '#lobby']) {
    await page.locator('#composer').fill(`/join ${name}`);
    await page.locator('#composer').press('Enter');
    await page.locator('h1', { hasText: name }).waitFor();
  }
  const nick = await page.locator('.me-name bdi').textContent();
  await page.locator('#composer').fill('I have the page open on my phone, and the history is all there.');
  await page.locator('#composer').press('Enter');
  carl.send('PRIVMSG #rust-vs-cpp :what about the borrow checker');
  carl.send('PRIVMSG #rust-vs-cpp :anyone?');
  yara.send(`PRIVMSG ${nick} :psst, do you have a minute?`);
  yara.send(`PRIVMSG #lobby :${nick}: nice! how does it look?`);
  lin.send('PART #lobby');
  await lin.settled();
  lin.send('JOIN #lobby');
  await Promise.all([carl.settled(), yara.settled(), lin.settled()]);
  await page.getByText('how does it look').last().waitFor();
  await page.locator('.entry.unread').nth(1).waitFor({ state: 'attached' });
  return page;
}

const light = await busy({});
await shot('busy-light', light);
await light.keyboard.press('Control+k');
await light.getByRole('combobox').fill('r');
await shot('switcher', light);
await light.keyboard.press('Escape');
await light.getByRole('button', { name: 'Help' }).click();
await shot('help', light);
await light.keyboard.press('Escape');
await light.getByRole('button', { name: /Settings/ }).click();
await shot('settings', light);
await light.context().close();

const dark = await busy({ colorScheme: 'dark' });
await shot('busy-dark', dark);
await dark.context().close();

const chinese = await busy({ locale: 'zh-CN' });
await shot('busy-chinese', chinese);
await chinese.context().close();

const phone = await busy({ ...PHONE });
await shot('phone-light', phone);
await phone.getByRole('button', { name: 'Show rooms' }).click();
await phone.waitForFunction(() => document.querySelector('#rooms').getBoundingClientRect().left === 0);
await shot('phone-rooms', phone);
await phone.context().close();
const phoneDark = await busy({ ...PHONE, colorScheme: 'dark', locale: 'zh-CN' });
await phoneDark.getByRole('button', { name: /显示成员列表/ }).click();
await phoneDark.waitForFunction(() => document.querySelector('#members').getBoundingClientRect().right <= innerWidth);
await shot('phone-dark-members', phoneDark);
await phoneDark.context().close();

// Much of everything: 60 members, 20 rooms, long names, a long topic.
const crowd = await Promise.all(
  Array.from({ length: 60 }, (_, i) => Bot.join(base, i % 7 ? `member${i}` : `a-very-long-member-name-${i}`, '#a-room-with-many-people')),
);
crowd[0].send(`TOPIC #a-room-with-many-people :Everything about sockets, ${'and about what is around them, '.repeat(8)}and so on`);
for (const [i, bot] of crowd.slice(0, 24).entries()) bot.send(`PRIVMSG #a-room-with-many-people :hello from number ${i}`);
await Promise.all(crowd.map((bot) => bot.settled()));
for (const [name, options] of [['crowd', {}], ['crowd-dark', { colorScheme: 'dark' }], ['crowd-phone', PHONE]]) {
  const page = await visit(options);
  for (let i = 0; i < 19; i++) {
    await page.locator('#composer').fill(i % 4 ? `/join #room-${i}` : `/join #a-room-with-a-name-that-is-long-${i}`);
    await page.locator('#composer').press('Enter');
  }
  await page.locator('#composer').fill('/join #a-room-with-many-people');
  await page.locator('#composer').press('Enter');
  await page.locator('h1', { hasText: 'many-people' }).waitFor();
  await page.getByText('hello from number 23').waitFor();
  await shot(name, page);
  await page.getByRole('button', { name: 'Show the whole topic' }).click();
  await shot(`${name}-topic`, page);
  await page.context().close();
}

// Offline: every new connection fails.
const offline = await busy({});
await offline.routeWebSocket('**/irc', (ws) => ws.close());
await offline.reload();
await offline.getByText(/Next try|Connecting/).waitFor();
await offline.locator('#composer').fill('This is kept until the connection is back.');
await offline.locator('#composer').press('Enter');
await shot('offline', offline);
const lost = await visit({ colorScheme: 'dark' });
await lost.locator('#composer').fill('/join #nobody-was-here');
await lost.locator('#composer').press('Enter');
await lost.locator('.start.empty').waitFor();
await lost.context().setOffline(true);
await lost.routeWebSocket('**/irc', (ws) => ws.close());
await shot('empty-lost', lost);

// Kicked, banned, and an empty room whose server has gone.
const looks = [['', { viewport: DESK }], ['-dark', { viewport: DESK, colorScheme: 'dark' }], ['-chinese', { viewport: DESK, locale: 'zh-CN' }], ['-phone', PHONE]];
for (const [look, options] of looks) {
  const nick = `mei${pages++}`;
  let voice;
  const page = await enter(browser, base, nick, options, async (context) => (voice = await Voice.on(context)));
  await page.getByText('how does it look').last().waitFor();
  voice.say(`:yara!y@web KICK #lobby ${nick} :please read the rules of this room before you write again`);
  await page.locator('[data-out]').waitFor();
  await shot(`kicked${look}`, page);
  voice.instead = (socket) => {
    socket.send(`:loquat 465 ${nick} :You are banned from this server: spam`);
    socket.close();
  };
  voice.say('ERROR :Closing link: removed by yara: enough');
  await voice.page.close();
  await page.locator('[data-phase=removed] button').click();
  await page.getByText('spam').first().waitFor();
  await shot(`banned${look}`, page);
  voice.instead = null;
  await page.locator('[data-phase=removed] button').click();
  await page.locator('[data-phase=online]').waitFor({ state: 'attached' });
  await page.evaluate(() => (location.hash = '#nobody-yet'));
  await page.locator('h2', { hasText: '#nobody-yet' }).waitFor();
  voice.instead = (socket) => socket.close();
  await voice.page.close();
  await page.locator('[data-phase=waiting]').waitFor();
  await shot(`lost${look}`, page);
  await page.context().close();
}

for (const bot of [ada, lin, carl, yara]) bot.close();
await browser.close();
