// Much of everything: twenty rooms, sixty members, long names and topics. LOQUAT_URL is the server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, enter, launch, say, settled, unique } from './lib/chromium.mjs';

const PHONE = { viewport: { width: 360, height: 640 }, isMobile: true, hasTouch: true };

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

// What stands out of the screen to the right.
const wide = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll('main *')]
      .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && one.tagName !== 'BDI') // its parent cuts it
      .map((one) => `${one.tagName} ${one.className} ${one.textContent.slice(0, 30)}`),
  );

test('of many rooms the active one is in view, whether it is joined or stepped to', async () => {
  const page = await enter(browser, BASE, unique('vera'), { viewport: { width: 1000, height: 500 } });
  for (let i = 0; i < 20; i++) {
    const name = unique('#room');
    await say(page, `/join ${name}`);
    await page.getByRole('heading', { name, exact: true }).waitFor();
  }
  const shown = () =>
    page.evaluate(() => {
      const list = document.querySelector('.lists').getBoundingClientRect();
      const own = document.querySelector('.entry.active').getBoundingClientRect();
      return own.top >= list.top - 1 && own.bottom <= list.bottom + 1;
    });
  assert.ok(await shown(), 'joined');
  const last = await page.getByRole('heading', { level: 1 }).textContent();
  await page.keyboard.press('Alt+ArrowDown');
  await page.waitForFunction((was) => document.querySelector('h1').textContent !== was, last);
  assert.ok(await shown(), 'the first');
  await page.keyboard.press('Alt+ArrowUp');
  await page.getByRole('heading', { name: last, exact: true }).waitFor();
  assert.ok(await shown(), 'the last again');
  await page.context().close();
});

for (const [name, options] of [['on a desktop', {}], ['on a phone', PHONE]]) {
  test(`a long topic is cut to a line and can be read whole, ${name}`, async () => {
    const room = unique('#topic');
    const bot = await Bot.join(BASE, unique('wim'), room);
    const topic = `${'many words about it, '.repeat(15)}https://example.org/${'x'.repeat(20)} end`;
    bot.send(`TOPIC ${room} :${topic}`);
    await bot.settled();
    const page = await enter(browser, `${BASE}${room}`, unique('xena'), options);
    const header = page.locator('header');
    const height = () => header.evaluate((one) => one.getBoundingClientRect().height);
    const more = page.getByRole('button', { name: 'Show the whole topic' });
    await more.waitFor();
    const low = await height();
    assert.ok(low < 80);
    await more.click();
    assert.equal(await more.getAttribute('aria-expanded'), 'true');
    assert.ok((await height()) > low + 20);
    const end = await page.locator('.topic .text').evaluate((text) => text.getBoundingClientRect().right);
    assert.ok(end <= page.viewportSize().width);
    assert.deepEqual(await wide(page), []);
    await more.click();
    assert.equal(await height(), low);
    bot.send(`TOPIC ${room} :short`);
    await header.getByText('short').waitFor();
    await more.waitFor({ state: 'detached' });
    bot.close();
    await page.context().close();
  });

  test(`sixty members and the longest names, ${name}`, async () => {
    const room = `${unique('#')}${'w'.repeat(40)}`;
    const bots = [];
    for (let i = 0; i < 60; i++) bots.push(await Bot.join(BASE, `${unique('y')}${'w'.repeat(18)}`, room));
    const page = await enter(browser, `${BASE}${room}`, `${unique('z')}${'m'.repeat(18)}`, options);
    bots[0].send(`PRIVMSG ${room} :${'long'.repeat(60)}`);
    await settled(page, 'long');
    assert.deepEqual(await wide(page), []);
    if (options.isMobile) await page.getByRole('button', { name: /^Show people/ }).tap();
    const members = page.getByRole('complementary', { name: 'People here' });
    await members.getByRole('heading', { name: 'People here 61' }).waitFor();
    const out = await members.evaluate((box) =>
      [...box.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > box.getBoundingClientRect().right + 1).length,
    );
    assert.equal(out, 0, 'names wider than the list');
    bots.forEach((bot) => bot.close());
    await page.context().close();
  });
}
