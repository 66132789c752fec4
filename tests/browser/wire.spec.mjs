// The microscope as people use it. LOQUAT_URL is the server.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { BASE, closeAll, enter, launch, unique } from './lib/chromium.mjs';
import { forwardingProxy } from './lib/forwarding_proxy.mjs';
import { Guard } from './lib/guard.mjs';

const WIRE = `${BASE}wire/`;
let browser;
let list;
before(async () => {
  browser = await launch();
  list = await (await fetch(`${WIRE}scenarios`)).json();
});
after(() => closeAll(browser));

async function visit(hash, options = {}, base = WIRE) {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(20_000);
  const guard = await Guard.on(context, base);
  const page = await context.newPage();
  await page.goto(`${base}${hash}`);
  return { page, guard, end: () => (guard.check(), context.close()) };
}

function recorded(t, name) {
  if (list.scenarios.some((one) => one.name === name && one.recording)) return true;
  t.skip(`there is no recording of ${name}`);
  return false;
}

// The ladder as it is read aloud.
const frames = (page) => page.locator('.arrow').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label')));
const segments = (page) => page.locator('path.seg').evaluateAll((all) => all.map((one) => one.dataset.flags));
const states = (page, side) =>
  page.locator('.ladder .state').evaluateAll(
    (all, anchor) => all.filter((one) => one.getAttribute('text-anchor') === anchor).map((one) => one.textContent),
    side === 'client' ? 'end' : 'start',
  );

async function recording(page) {
  await page.getByText(/^0 of [1-9]/).waitFor();
}

// Steps until `seen` is there; each step is drawn before the next.
async function stepUntil(page, seen) {
  for (let i = 1; !(await seen.isVisible()); i++) {
    await page.keyboard.press('ArrowRight');
    await page.getByText(new RegExp(`^${i} of `)).waitFor();
  }
}

async function toTheEnd(page) {
  const [, moments] = /^0 of (\d+)/.exec(await page.locator('.position').textContent());
  for (let i = 0; i < Number(moments); i++) await page.keyboard.press('ArrowRight');
  await page.getByText(`${moments} of ${moments}`).waitFor();
}

test('the chat leads to the microscope and back', async () => {
  const page = await enter(browser, BASE, unique('mia'));
  await page.getByRole('link', { name: 'Microscope' }).click();
  await page.getByRole('heading', { name: 'What would you like to see?' }).waitFor();
  await page.getByRole('link', { name: /To the chat/ }).click();
  await page.locator('[data-phase=online]').waitFor({ state: 'attached' });
  await page.context().close();
});

test('all scenarios are listed, with what they teach, in both languages', async () => {
  const { page, end } = await visit('');
  await page.getByRole('heading', { name: 'What would you like to see?' }).waitFor();
  assert.ok(list.scenarios.length > 0);
  const cards = page.getByRole('main').getByRole('listitem');
  assert.equal(await cards.count(), list.scenarios.length + 1);
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByRole('heading', { name: '想看什么？' }).waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  const shown = await page.getByRole('main').textContent();
  for (const { title_zh, teaches_zh } of list.scenarios) {
    assert.ok(shown.includes(title_zh) && shown.includes(teaches_zh), title_zh);
  }
  await end();
});

test('a handshake is stepped through, forth and back, by mouse and keyboard', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const { page, end } = await visit('#handshake');
  await recording(page);
  assert.deepEqual(await frames(page), []);
  await toTheEnd(page);
  assert.deepEqual((await segments(page)).slice(0, 3), ['SYN', 'SYN,ACK', 'ACK']);
  assert.deepEqual((await states(page, 'client')).slice(0, 3), ['CLOSED', 'SYN-SENT', 'ESTABLISHED']);
  assert.deepEqual((await states(page, 'server')).slice(0, 3), ['LISTEN', 'SYN-RECEIVED', 'ESTABLISHED']);
  assert.equal((await frames(page))[0], 'Frame 1: SYN, from client to server, delivered');
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByRole('button', { name: 'Step' }).click();
  await page.getByText('That is all.').waitFor();
  await page.keyboard.press('r');
  await page.getByText(/^0 of/).waitFor();
  await stepUntil(page, page.getByRole('button', { name: 'Frame 1: SYN, from client to server, held on the wire' }));
  await page.keyboard.press('ArrowLeft');
  await page.locator('.arrow').waitFor({ state: 'detached' });
  await end();
});

test('a recording plays by itself', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const { page, end } = await visit('#handshake');
  await recording(page);
  await page.getByRole('combobox', { name: 'Speed' }).selectOption('4');
  await page.getByRole('button', { name: 'Play' }).click();
  await page.getByText('That is all.').waitFor();
  assert.equal((await segments(page))[1], 'SYN,ACK');
  await end();
});

test('a class predicts, and is told whether it was right', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const { page, end } = await visit('#handshake');
  await recording(page);
  await page.getByLabel('Predict first').check();
  const question = page.getByText('Frame #1, SYN, is about to reach the server.');
  await stepUntil(page, question);
  const predict = page.getByRole('region', { name: 'Predict first' });
  await predict.getByRole('button', { name: 'ESTABLISHED' }).click();
  await predict.getByText('Not ESTABLISHED: it is SYN-RECEIVED.').waitFor();
  await page.keyboard.press('ArrowRight');
  await predict.getByRole('button', { name: 'ESTABLISHED' }).click();
  await predict.getByText('Right: ESTABLISHED.').waitFor();
  await predict.getByText('1 of 2 right').waitFor();
  await end();
});

test('a frame opens by keyboard: layers, fields and their bytes', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const { page, end } = await visit('#handshake');
  await recording(page);
  await toTheEnd(page);
  await page.getByRole('button', { name: /^Frame 1: SYN/ }).focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'Frame #1' });
  const table = panel.getByRole('table', { name: 'Seven layers' });
  await table.waitFor();
  const rows = await table.getByRole('row').allTextContents();
  assert.equal(rows.length, 8);
  assert.match(rows[1], /^7 Application/);
  assert.match(rows[4], /^4 TransportTCP.*34–73transport$/);
  await panel.getByRole('button', { name: /^Source port/ }).click();
  const lit = await panel.locator('.pairs .strong').allTextContents();
  assert.equal(parseInt(lit.join(''), 16), 40000);
  await panel.locator('.pairs [data-at="23"]').click(); // the protocol number of IPv4
  assert.deepEqual(await panel.locator('.pairs .strong').allTextContents(), ['06']);
  await panel.getByRole('button', { name: 'Close' }).click();
  assert.equal(await page.evaluate(() => document.activeElement.dataset.n), '1');
  await end();
});

test('the graphs show what has happened up to where the player is', async (t) => {
  if (!recorded(t, 'slow-start')) return;
  const { page, end } = await visit('#slow-start');
  await recording(page);
  const graphs = page.getByRole('region', { name: 'What the client sends, over time' });
  const sequence = graphs.getByRole('img', { name: /^Time sequence/ });
  const says = async () => sequence.getAttribute('aria-label');
  assert.equal(await says(), 'Time sequence: 0 segments with data, 0 of them lost, 0 sent again; 0 bytes acknowledged');
  const slider = graphs.getByRole('slider', { name: 'Position in the recording' });
  await slider.press('End');
  await page.getByText('That is all.').waitFor();
  assert.match(await says(), /: (\d+) segments with data, (\d+) of them lost, \2 sent again; 28320 bytes acknowledged$/);
  await graphs.getByRole('img', { name: /^Congestion window: \d+ segments, threshold \d+$/ }).waitFor();
  await graphs.getByRole('img', { name: /^Round trip: \d+ ms$/ }).waitFor();
  const box = await sequence.boundingBox();
  await sequence.click({ position: { x: box.width / 2, y: box.height / 2 } }); // in the middle of the time
  await page.getByText('That is all.').waitFor({ state: 'detached' });
  const [, middle] = /^(\d+) of/.exec(await page.locator('.position').textContent());
  const now = await sequence.locator('.now').evaluate((line) => Number(/M([\d.]+)/.exec(line.getAttribute('d'))[1]));
  assert.ok(now > 450 && now < 510, now);
  await page.keyboard.press('ArrowRight');
  await page.getByText(`${Number(middle) + 1} of`).waitFor();
  await page.getByLabel('Predict first').check();
  assert.ok(await slider.isDisabled(), 'an answer comes first');
  await page.getByLabel('Graphs').uncheck();
  await graphs.waitFor({ state: 'detached' });
  await end();
});

test('few segments have no graphs, and no switch for them', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const { page, end } = await visit('#handshake');
  await recording(page);
  assert.equal(await page.getByLabel('Graphs').count() + (await page.locator('.graphs').count()), 0);
  await end();
});

test('nothing is wider than a phone', async (t) => {
  const phone = { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true };
  for (const hash of ['', '#me', ...(recorded(t, 'close') ? ['#close'] : []), ...(recorded(t, 'slow-start') ? ['#slow-start'] : [])]) {
    const { page, end } = await visit(hash, phone);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (hash === '#slow-start') {
      await recording(page);
      await page.getByLabel('Graphs').check();
      await page.getByRole('slider').press('End');
    }
    if (hash === '#close') {
      await recording(page);
      await toTheEnd(page);
    }
    if (hash === '#me') await page.locator('.facts table').waitFor();
    const wide = await page.evaluate(() =>
      [...document.querySelectorAll('main *')]
        .filter((one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.sr, .hex'))
        .map((one) => `${one.tagName} ${one.getAttribute('class')} ${one.textContent.slice(0, 30)}`),
    );
    assert.deepEqual(wide, [], hash);
    await end();
  }
});

test("one's own connection: the SYN is captured, the rest follows from it", async () => {
  const { page, end } = await visit('#me');
  await page.getByRole('button', { name: 'Frame 1: SYN, from client to server, delivered' }).waitFor();
  const marks = await page.locator('.line').evaluateAll((all) => all.map((one) => /captured|inferred/.exec(one.getAttribute('class'))[0]));
  assert.deepEqual(marks, ['captured', 'inferred', 'inferred']);
  const facts = await page.getByRole('table').first().getByRole('row').allTextContents();
  assert.ok(facts.some((row) => /^state of the server.*ESTABLISHED.*kernel$/.test(row)), facts.join('\n'));
  assert.ok(facts.some((row) => /^round trip.*ms.*reported$/.test(row)));
  assert.ok(facts.some((row) => /measured by the browser.*reported$/.test(row)));
  await page.getByRole('button', { name: /^Frame 1/ }).click();
  const port = await page.locator('.end-name').first().textContent();
  await page.getByRole('button', { name: new RegExp(`^Source port\\s*${port.split(':').at(-1)}$`) }).waitFor();
  await end();
});

test('a stranger is told why he may start no lab', async () => {
  const proxied = `${await forwardingProxy(BASE)}wire/`;
  const name = list.scenarios[0].name;
  const { page, end } = await visit(`#${name}`, {}, proxied);
  await page.getByRole('radio', { name: 'Live lab' }).check();
  await page.getByRole('alert').getByText('Recordings are for everybody.').waitFor();
  await page.getByLabel('Operator key').fill('guess');
  await page.getByRole('button', { name: 'Use the key' }).click();
  await page.getByText('That is not the operator key.').waitFor();
  await end();
  const me = await visit('#me', {}, proxied);
  await me.page.getByText('Your requests pass through a proxy.').waitFor();
  await me.end();
});

test('a live lab: the first SYN is dropped by hand, and the kernel sends it again', async (t) => {
  const { page, end } = await visit('#handshake');
  await page.getByRole('radio', { name: 'Live lab' }).check();
  const drop = page.getByRole('button', { name: 'Drop #1' });
  const failed = page.getByRole('alert');
  await drop.or(failed).first().waitFor();
  if (await failed.isVisible()) {
    const why = await failed.textContent();
    assert.match(why, /This machine cannot run labs/, 'only a machine without labs may refuse one');
    t.skip(why);
    return end();
  }
  await drop.click();
  await page.getByRole('button', { name: 'Frame 1: SYN, from client to server, lost' }).waitFor();
  const again = page.getByRole('button', { name: /^Frame 2: SYN, from client to server/ });
  await again.waitFor();
  await page.getByRole('button', { name: 'Deliver #2' }).click();
  await page.getByRole('button', { name: /^Frame 3: SYN,ACK, from server to client/ }).waitFor();
  assert.equal((await states(page, 'server')).at(-1), 'SYN-RECEIVED');
  await page.getByRole('button', { name: 'Play' }).click();
  await page.getByText('The lab is over.').waitFor();
  assert.equal((await states(page, 'client')).includes('ESTABLISHED'), true);
  await end();
});

test('of a long trace the last frames are drawn, and a new one moves no other', async (t) => {
  if (!recorded(t, 'handshake')) return;
  const rows = (await (await fetch(`${WIRE}recordings/handshake.jsonl`)).text()).trim().split('\n').map((row) => JSON.parse(row));
  const segment = rows.find(({ type }) => type === 'segment');
  const frame = (n) => JSON.stringify({ ...segment, n, t_ns: n * 1_000_000, delivered_ns: n * 1_000_000 + 400_000 });
  const context = await browser.newContext({ locale: 'en-US' });
  const page = await context.newPage();
  let lab;
  await page.routeWebSocket('**/wire/live', (socket) => {
    lab = socket;
    socket.onMessage(() => {
      socket.send(JSON.stringify(rows[0]));
      for (let n = 1; n <= 4980; n++) socket.send(frame(n));
    });
  });
  await page.goto(`${WIRE}#handshake`);
  await page.getByRole('radio', { name: 'Live lab' }).check();
  const button = (n) => page.getByRole('button', { name: `Frame ${n}: SYN, from client to server, delivered` });
  await button(4980).waitFor();
  assert.ok((await page.evaluate(() => document.querySelectorAll('*').length)) < 7000);
  const before = await page.locator('.seg').evaluateAll((all) => all.map((one) => one.getAttribute('d')));
  for (let n = 4981; n <= 4990; n++) lab.send(frame(n));
  await button(4990).waitFor();
  const after = await page.locator('.seg').evaluateAll((all) => all.map((one) => one.getAttribute('d')));
  assert.deepEqual(after.slice(0, before.length), before);
  assert.equal(after.length, before.length + 10);
  await context.close();
});
