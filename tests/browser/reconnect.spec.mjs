// A connection that is lost at the worst moment loses no line and doubles none.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, connected, enter, launch, say, settled, texts, unique } from './lib/chromium.mjs';
import { CutProxy } from './lib/cut_proxy.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

// A page behind a proxy, and a witness beside it, in a room of their own.
async function scene() {
  const room = unique('#cut');
  const witness = await Bot.join(BASE, unique('witness'), room);
  const proxy = await CutProxy.start(BASE);
  const page = await enter(browser, `${proxy.url}${room}`, unique('ada'));
  await say(page, 'before');
  await settled(page, 'before');
  const heard = (text) => witness.until((line) => line.endsWith(` :${text}`));
  const end = async () => {
    witness.close();
    await page.context().close();
    proxy.stop();
  };
  return { room, witness, proxy, page, heard, end };
}

const lost = (page) => page.locator('[data-phase=waiting], [data-phase=connecting]').waitFor({ state: 'attached' });

test('the echo is lost: the line is not sent again', async () => {
  const { room, witness, proxy, page, heard, end } = await scene();
  proxy.loseDown = true;
  await say(page, 'mine');
  await heard('mine');
  witness.send(`PRIVMSG ${room} :missed 1`);
  witness.send(`PRIVMSG ${room} :missed 2`);
  await witness.settled();
  proxy.cut();
  await settled(page, 'missed 2');
  await say(page, 'after');
  await heard('after');
  await settled(page, 'after');
  assert.deepEqual(await texts(page), ['before', 'mine', 'missed 1', 'missed 2', 'after']);
  assert.equal(witness.count('mine'), 1);
  await end();
});

test('the line is lost: it is sent again, before what was typed later', async () => {
  const { room, witness, proxy, page, heard, end } = await scene();
  proxy.loseUp = true;
  await say(page, 'mine');
  proxy.refuse = true;
  proxy.cut();
  await lost(page);
  await say(page, 'typed offline');
  witness.send(`PRIVMSG ${room} :missed`);
  await witness.settled();
  proxy.refuse = false;
  await heard('typed offline');
  await settled(page, 'typed offline');
  assert.deepEqual(await texts(page), ['before', 'missed', 'mine', 'typed offline']);
  assert.equal(witness.count('mine'), 1);
  await end();
});

test('the server knows nothing of the loss: the name is kept, and a private message arrives', async () => {
  const { room, witness, proxy, page, end } = await scene();
  const nick = await page.locator('.me-name bdi').textContent();
  proxy.refuse = true;
  proxy.orphan();
  await lost(page);
  witness.send(`PRIVMSG ${nick} :into the void`);
  await witness.settled();
  proxy.refuse = false;
  await page.getByRole('navigation').getByRole('button', { name: /^witness.*, 1 unread/ }).waitFor();
  await page.getByRole('button', { name: `${nick} – Settings` }).waitFor();
  await say(page, 'it is me');
  const said = await witness.until((line) => line.endsWith(`${room} :it is me`));
  assert.ok(said.includes(`:${nick}!`), said);
  await page.reload();
  await connected(page);
  await page.getByRole('button', { name: `${nick} – Settings` }).waitFor();
  await end();
});

test('a reload while a line is on its way', async () => {
  for (const direction of ['loseUp', 'loseDown']) {
    const { witness, proxy, page, heard, end } = await scene();
    proxy[direction] = true;
    await say(page, 'mine');
    if (direction === 'loseDown') await heard('mine');
    proxy.cut();
    await page.reload();
    await connected(page);
    await heard('mine');
    await settled(page, 'mine');
    assert.deepEqual(await texts(page), ['before', 'mine']);
    await witness.settled();
    assert.equal(witness.count('mine'), 1, direction);
    await end();
  }
});

test('a cut after every line, many times', async () => {
  const { witness, proxy, page, heard, end } = await scene();
  const wanted = ['before'];
  for (let i = 0; i < 8; i++) {
    proxy[i % 2 ? 'loseUp' : 'loseDown'] = true;
    await say(page, `line ${i}`);
    wanted.push(`line ${i}`);
    proxy.cut();
    await lost(page);
    await page.getByRole('button', { name: 'Try now' }).click({ timeout: 2_000 }).catch(() => {});
    await connected(page);
  }
  await heard('line 7');
  await settled(page, 'line 7');
  assert.deepEqual(await texts(page), wanted);
  for (const text of wanted.slice(1)) assert.equal(witness.count(text), 1, text);
  await end();
});

test('a connection that is dead without saying so is noticed', async () => {
  const { witness, room, proxy, page, end } = await scene();
  proxy.loseUp = proxy.loseDown = true;
  witness.send(`PRIVMSG ${room} :unheard`);
  await witness.settled();
  // The network is back: the page asks, gets no answer, and connects anew.
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await lost(page);
  proxy.loseUp = proxy.loseDown = false;
  await settled(page, 'unheard');
  assert.deepEqual(await texts(page), ['before', 'unheard']);
  await end();
});
