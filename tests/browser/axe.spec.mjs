// axe-core finds nothing to object to in the page's states, in both themes, on a phone and in Chinese.
// LOQUAT_URL is the server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, composer, enter, launch, say, settled, unique } from './lib/chromium.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };
// A name for each of the twelve colours.
const NAMES = ['ada', 'ben', 'cleo', 'dora', 'eva', 'finn', 'gus', 'hana', 'ida', 'jo', 'kim', 'lin', 'mia', 'noah', 'olga', 'pia'];

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

const RULES = { 'label-content-name-mismatch': { enabled: true }, 'target-size': { enabled: true } }; // off by default

async function audit(page, what) {
  // A state is looked at once it has arrived; what pulses never does.
  await page.evaluate(() => {
    const passing = document.getAnimations().filter((one) => one.effect.getComputedTiming().endTime < Infinity);
    return Promise.all(passing.map((one) => one.finished.catch(() => {})));
  });
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const { violations } = await page.evaluate((rules) => window.axe.run(document, { resultTypes: ['violations'], rules }), RULES);
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary.split('\n')[1]}`),
  );
  assert.deepEqual(found, [], what);
}

// A room with talk, events, an unread conversation and a failed line, seen by a new page.
async function talk(options) {
  const room = unique('#axe');
  const bots = await Promise.all(NAMES.map((name) => Bot.join(BASE, unique(name), room)));
  for (const bot of bots) {
    bot.send(`PRIVMSG ${room} :some words, \`code\` and https://example.org/`);
    await bot.settled();
  }
  const nick = unique('quinn');
  const page = await enter(browser, `${BASE}${room}`, nick, options);
  await settled(page, 'some words');
  bots[0].send(`TOPIC ${room} :what we talk about, at some length, ${'and on '.repeat(40)}`);
  bots[1].send(`PRIVMSG ${room} :${nick}: look`);
  bots[2].send(`PRIVMSG ${room} :\x01ACTION waves\x01`);
  bots[2].send(`NOTICE ${room} :a notice`);
  bots[3].send(`PRIVMSG ${nick} :psst`);
  bots[4].send(`PART ${room}`);
  await settled(page, 'a notice');
  await say(page, '/nosuchcommand');
  await page.locator('.entry.unread').waitFor({ state: 'attached' });
  return { page, room, bots, nick, end: () => (bots.forEach((bot) => bot.close()), page.context().close()) };
}

const looks = [
  ['light', {}],
  ['dark', { colorScheme: 'dark' }],
  ['on a phone', PHONE],
  ['in Chinese', { locale: 'zh-CN' }],
];
for (const [name, options] of looks) {
  test(`the chat, ${name}`, async () => {
    const first = await (await browser.newContext({ locale: 'en-US', ...options })).newPage();
    await first.goto(BASE);
    await first.getByRole('textbox').waitFor();
    await audit(first, 'welcome');
    await first.context().close();
    const { page, end } = await talk(options);
    await audit(page, 'room');
    await page.getByRole('log').evaluate((box) => (box.scrollTop = 0));
    await audit(page, 'scrolled back');
    await end();
  });

  test(`an empty room and a lost server, ${name}`, async () => {
    const page = await enter(browser, `${BASE}${unique('#empty')}`, unique('rosa'), options);
    await page.locator('.start.empty').waitFor();
    await audit(page, 'empty');
    await page.routeWebSocket('**/irc', (ws) => ws.close());
    await page.reload();
    await page.locator('[data-phase=waiting]').waitFor({ state: 'attached' });
    await composer(page).fill('kept');
    await audit(page, 'lost server');
    await page.context().close();
  });

  test(`dialogs and drawers, ${name}`, async () => {
    const { page, end } = await talk(options);
    const dialogs = [
      () => page.keyboard.press('Control+k'),
      () => page.locator('.me-name').click(),
      () => page.locator('.me > .icon-button').last().click(),
    ];
    for (const open of dialogs) {
      if (options.isMobile && open !== dialogs[0]) await page.locator('.rooms-button').click();
      await open();
      await page.locator('dialog').waitFor();
      await audit(page, 'dialog');
      await page.keyboard.press('Escape');
    }
    if (options.isMobile) {
      await page.locator('.rooms-button').click();
      await audit(page, 'rooms');
      await page.keyboard.press('Escape');
      await page.locator('.members-button').click();
      await audit(page, 'members');
    }
    await end();
  });
}

const noWire = (await fetch(`${BASE}wire/scenarios`)).ok ? false : 'this server has no microscope';
for (const [name, options] of looks) {
  test(`the microscope, ${name}`, { skip: noWire }, async () => {
    const context = await browser.newContext({ locale: 'en-US', ...options });
    const page = await context.newPage();
    await page.goto(`${BASE}wire/`);
    await page.locator('.cards').first().waitFor();
    await audit(page, 'scenarios');
    await page.goto(`${BASE}wire/#me`);
    await page.locator('.facts table').waitFor();
    await page.locator('.arrow').first().press('Enter');
    await page.locator('.panel table').first().waitFor();
    await audit(page, 'own connection');
    await page.goto(`${BASE}wire/#loss-rto`);
    await page.locator('.position').waitFor();
    for (let i = 0; i < 12; i++) await page.keyboard.press('ArrowRight');
    await audit(page, 'a scenario');
    await page.locator('.toggle input').check();
    await page.keyboard.press('r');
    await audit(page, 'predicting');
    await page.goto(`${BASE}wire/#slow-start`);
    await page.getByText(/^0( of |\/)[1-9]/).waitFor();
    if (options.isMobile) await page.locator('.toggle input').last().check();
    await page.getByRole('slider').press('End');
    await audit(page, 'graphs');
    await context.close();
  });
}
