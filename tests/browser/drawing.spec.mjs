// A long room and a flood: how much the page draws, what stays in place, what is read aloud and what is copied.
// LOQUAT_URL is the server. Milliseconds are for speed.mjs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, composer, enter, launch, settled, unique } from './lib/chromium.mjs';

const LINES = 1000;
const MOST_ROWS = 310; // row_window.ts, and the days and marks between
const MOST_ELEMENTS = 4000;

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

// A page in a room in which `count` lines were said before, by two people in turn.
async function longRoom(count, options = {}) {
  const room = unique('#long');
  const bots = [await Bot.join(BASE, unique('gus'), room), await Bot.join(BASE, unique('ida'), room)];
  for (let i = 0; i < count; ) {
    const bot = bots[Math.floor(i / 20) % 2];
    for (const end = i + 20; i < end && i < count; i++) bot.send(`PRIVMSG ${room} :line ${i}.`);
    await bot.settled();
  }
  const page = await enter(browser, `${BASE}${room}`, unique('hana'), { viewport: { width: 1200, height: 700 }, ...options });
  await settled(page, `line ${count - 1}.`);
  await page.waitForFunction(() => document.querySelector('.log').getAttribute('aria-busy') === 'false');
  return { room, bots, page, end: () => (bots.forEach((bot) => bot.close()), page.context().close()) };
}

// Scrolls to the room's first line, and returns the numbers of all lines seen on the way and the most rows drawn.
function scrollBack(page) {
  return page.getByRole('log').evaluate(async (box) => {
    const seen = new Set();
    let most = 0;
    while (!document.querySelector('.start') || box.scrollTop > 0) {
      box.scrollTop = Math.max(0, box.scrollTop - 2000);
      await new Promise(requestAnimationFrame);
      const rows = [...box.querySelectorAll('.row')];
      most = Math.max(most, rows.length);
      const numbers = rows.map((row) => Number(/line (\d+)\./.exec(row.textContent)?.[1])).filter((n) => n >= 0);
      if (numbers.some((n, i) => i > 0 && n !== numbers[i - 1] + 1)) throw new Error(`a gap: ${numbers}`);
      for (const n of numbers) seen.add(n);
    }
    return { seen: seen.size, most };
  });
}

// Counts the rows that are added, removed or changed from now on.
function watchRows(page) {
  return page.getByRole('log').evaluate((box) => {
    const counts = (window.counts = { added: 0, removed: 0, changed: 0 });
    const rowsIn = (nodes) => [...nodes].filter((node) => node.classList?.contains('row')).length;
    new MutationObserver((changes) => {
      for (const { type, target, addedNodes, removedNodes } of changes) {
        counts.added += rowsIn(addedNodes);
        counts.removed += rowsIn(removedNodes);
        if (target !== box && (type !== 'childList' || target.closest('.row'))) counts.changed++;
      }
    }).observe(box, { childList: true, subtree: true, attributes: true, characterData: true });
  });
}
const counts = (page) => page.evaluate(() => window.counts);
const drawnRows = (page) => page.locator('.log .row').count();
const below = (page) => page.getByRole('log').evaluate((box) => box.scrollHeight - box.scrollTop - box.clientHeight);
const atBottom = (page) =>
  page.waitForFunction(() => {
    const box = document.querySelector('.log');
    return box.scrollHeight - box.scrollTop - box.clientHeight < 5;
  });

test('however far back, few rows are drawn, and a new line redraws none of them', async () => {
  const { room, bots, page, end } = await longRoom(LINES);
  const { seen, most } = await scrollBack(page);
  assert.equal(seen, LINES, 'every line was drawn on the way');
  assert.ok(most <= MOST_ROWS, `${most} rows`);
  assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < MOST_ELEMENTS);
  await watchRows(page);
  for (let i = 0; i < 20; i++) bots[0].send(`PRIVMSG ${room} :more ${i}.`);
  await page.getByRole('button', { name: '20 new' }).waitFor();
  assert.deepEqual(await counts(page), { added: 0, removed: 0, changed: 0 });
  await page.getByRole('button', { name: '20 new' }).click();
  await settled(page, 'more 19.');
  await atBottom(page);
  assert.ok((await drawnRows(page)) <= MOST_ROWS);
  await end();
});

test('a flood at the newest line: no line is drawn twice, old ones go', async () => {
  const { room, bots, page, end } = await longRoom(20);
  const flood = 600;
  await watchRows(page);
  for (let i = 0; i < flood; i++) bots[0].send(`PRIVMSG ${room} :flood ${i}.`);
  await settled(page, `flood ${flood - 1}.`);
  await atBottom(page);
  const { added, changed } = await counts(page);
  assert.ok((await drawnRows(page)) <= MOST_ROWS);
  assert.ok(added <= flood, `${added} rows for ${flood} lines`);
  assert.equal(changed, 0, 'rows that were drawn already');
  await end();
});

test('the keyboard leads to the first line and back to the newest', async () => {
  const { page, end } = await longRoom(450);
  const log = page.getByRole('log');
  await log.focus();
  while ((await page.locator('.start').count()) === 0) {
    await page.keyboard.press('Home');
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.getByText('line 0.', { exact: true }).waitFor();
  await page.keyboard.press('End');
  await page.getByText('line 449.', { exact: true }).waitFor();
  await atBottom(page);
  assert.ok(await log.evaluate((box) => document.activeElement === box));
  await end();
});

test('what is read stays in place: lines arrive, the window is resized', async () => {
  const { room, bots, page, end } = await longRoom(400);
  await scrollBack(page);
  await page.getByRole('log').evaluate(async (box) => {
    box.scrollTop = 3000;
    await new Promise(requestAnimationFrame);
    const edge = box.getBoundingClientRect().top;
    window.looked = [...box.querySelectorAll('.row')].find((row) => row.getBoundingClientRect().bottom > edge);
    window.was = window.looked.getBoundingClientRect().top;
  });
  const moved = () => page.evaluate(() => Math.abs(window.looked.getBoundingClientRect().top - window.was));
  for (let i = 0; i < 30; i++) bots[0].send(`PRIVMSG ${room} :${'many words '.repeat(20)}`);
  await page.getByRole('button', { name: '30 new' }).waitFor();
  assert.ok((await moved()) < 3);
  await page.setViewportSize({ width: 420, height: 700 });
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  assert.ok(await page.evaluate(() => window.looked.isConnected));
  assert.ok((await moved()) < 60, `moved by ${await moved()} px`); // the header may have another height
  await end();
});

test('only what arrives while the newest line is in view is read aloud', async () => {
  const { room, bots, page, end } = await longRoom(250);
  const live = () => page.getByRole('log').getAttribute('aria-live');
  bots[0].send(`PRIVMSG ${room} :hello`);
  await settled(page, 'hello');
  assert.equal(await live(), 'polite');
  await scrollBack(page);
  assert.equal(await live(), 'off');
  await page.keyboard.press('Escape');
  await atBottom(page);
  bots[0].send(`PRIVMSG ${room} :again`);
  await settled(page, 'again');
  assert.equal(await live(), 'polite');
  await end();
});

test('a selection survives a flood, and is copied with names and without avatars', async () => {
  const { room, bots, page, end } = await longRoom(25);
  bots[1].send(`PRIVMSG ${room} :\x01ACTION waves\x01`);
  await settled(page, 'waves');
  const select = (from, to) =>
    page.evaluate(([first, last]) => {
      const texts = [...document.querySelectorAll('.row .text')];
      const node = (word) => texts.find((one) => one.textContent === word).firstChild;
      getSelection().setBaseAndExtent(node(first[0]), first[1], node(last[0]), last[1]);
    }, [from, to]);
  const copy = () =>
    page.evaluate(() => {
      const data = new DataTransfer();
      const event = new ClipboardEvent('copy', { clipboardData: data, bubbles: true, cancelable: true });
      document.querySelector('.row').dispatchEvent(event);
      return event.defaultPrevented ? data.getData('text/plain').replace(/\d\d:\d\d/g, 'TIME') : null;
    });
  await select(['line 18.', 0], ['waves', 5]);
  const [gus, ida] = await page.locator('.byline bdi').allTextContents();
  const said = [18, 19, 20, 21, 22, 23, 24].map((n) => `TIME ${n < 20 ? gus : ida}: line ${n}.`);
  assert.equal(await copy(), [...said, `TIME * ${ida} waves`].join('\n'));
  for (let i = 0; i < 500; i++) bots[0].send(`PRIVMSG ${room} :flood ${i}.`);
  await settled(page, 'flood 499.');
  assert.equal(await copy(), [...said, `TIME * ${ida} waves`].join('\n'), 'after the flood');
  await select(['line 18.', 5], ['line 19.', 4]);
  assert.equal(await copy(), `18.\nTIME ${gus}: line`);
  await select(['line 18.', 2], ['line 18.', 6]);
  assert.equal(await copy(), null, "within a line the browser's own copy");
  assert.equal(await page.evaluate(() => document.querySelector('.avatar').textContent), '');
  await end();
});

test('a row with the focus that is dropped leaves the focus in the conversation', async () => {
  const { room, bots, page, end } = await longRoom(40);
  await page.locator('.byline button').first().focus();
  await page.getByRole('log').evaluate((box) => (box.scrollTop = box.scrollHeight));
  for (let i = 0; i < 500; i++) bots[0].send(`PRIVMSG ${room} :flood ${i}.`);
  await settled(page, 'flood 499.');
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('role')), 'log');
  assert.ok((await below(page)) < 5);
  await composer(page).focus();
  await end();
});

test('in a flood the reader gets away from the newest line by the smallest wheel', async () => {
  const { room, bots, page, end } = await longRoom(60);
  let going = true;
  const flood = (async () => {
    for (let i = 0; going; i++) {
      bots[0].send(`PRIVMSG ${room} :flood ${i}.`);
      await bots[0].settled();
    }
  })();
  await settled(page, 'flood 20.');
  const button = page.getByRole('button', { name: /new$/ });
  for (let turns = 0; turns < 10 && !(await button.isVisible()); turns++) {
    // A line that comes between a turn of the wheel and its event takes the view back to the end; people turn on.
    await page.getByRole('log').evaluate(async (box) => {
      box.scrollTop -= 10;
      await new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn)));
    });
  }
  await button.waitFor();
  going = false;
  await flood;
  assert.ok((await below(page)) > 100);
  await end();
});
