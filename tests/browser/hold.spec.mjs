// The page holds against people: kicks, bans, slips of the keyboard, reloads.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, composer, connected, enter, launch, say, settled, texts, unique } from './lib/chromium.mjs';
import { Voice } from './lib/voice.mjs';

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

// A page in a room of its own, with a voice between it and the server.
async function scene(options = {}) {
  const room = unique('#hold');
  const nick = unique('mia');
  let voice;
  const page = await enter(browser, `${BASE}${room}`, nick, options, async (context) => (voice = await Voice.on(context)));
  await page.getByRole('heading', { name: room, exact: true }).waitFor();
  await say(page, 'before');
  await settled(page, 'before');
  return { page, room, nick, voice, end: () => page.context().close() };
}

const errors = (page) => page.locator('.row.error').count();

test('a kick holds until the user asks to come in again', async () => {
  const { page, room, nick, voice, end } = await scene();
  voice.dropped = (line) => / PART /.test(line);
  voice.server.send(`PART ${room}`);
  voice.say(`:ops!o@web KICK ${room} ${nick} :spam`);
  const bar = page.locator('[data-out]');
  await bar.getByText('ops removed you from this room. The reason: ⁨“spam”⁩.').waitFor();
  const joins = voice.count('JOIN');
  const rows = await errors(page);
  for (let i = 0; i < 3; i++) await say(page, 'may I?');
  assert.equal(await composer(page).inputValue(), 'may I?');
  assert.equal(await errors(page), rows);
  await settled(page, 'before');
  await page.reload();
  await connected(page);
  await bar.waitFor();
  assert.equal(voice.count(`JOIN ${room}`), joins - voice.count('JOIN #lobby') + 1);
  await bar.getByRole('button', { name: 'Join again' }).click();
  await bar.waitFor({ state: 'detached' });
  await composer(page).press('Enter');
  await settled(page, 'may I?');
  assert.deepEqual(await texts(page), ['before', 'may I?']);
  await end();
});

test('after a KILL, and under a ban, the page says why and waits for the user', async () => {
  const { page, nick, voice, end } = await scene();
  voice.instead = (socket) => {
    socket.send(`:loquat 465 ${nick} :You are banned from this server: spam`);
    socket.send('ERROR :Closing link: You are banned from this server');
    socket.close();
  };
  voice.say('ERROR :Closing link: removed by ops: enough');
  await voice.page.close();
  const banner = page.locator('[data-phase=removed]');
  await banner.getByText('ops removed you from the chat. The reason: ⁨“enough”⁩.').waitFor();
  await page.evaluate(() => dispatchEvent(new Event('online')));
  await say(page, 'hello?');
  await page.locator('.row.error').waitFor();
  assert.equal(voice.connections, 1);
  for (let tries = 2; tries < 5; tries++) {
    await banner.getByRole('button', { name: 'Try again' }).click();
    await banner.getByText('You are banned from this server. The reason: ⁨“spam”⁩.').waitFor();
    assert.equal(voice.connections, tries);
  }
  assert.equal(await errors(page), 1);
  voice.instead = null;
  await banner.getByRole('button', { name: 'Try again' }).click();
  await connected(page);
  await composer(page).press('Enter');
  await settled(page, 'hello?');
  await end();
});

test('a secret is not said, and not kept in the browser', async () => {
  const { page, voice, end } = await scene();
  const key = 'abcd-efgh-jkmn-pqrs-tuvw';
  for (const input of [` /opper ${key}`, `oper ${key}`, `hello\n/oper ${key}`, '/opper s3cret']) {
    await say(page, input);
    assert.equal(await composer(page).inputValue(), input);
  }
  await page.reload();
  await connected(page);
  await settled(page, 'before');
  assert.deepEqual(await texts(page), ['before']);
  assert.equal(await composer(page).inputValue(), '');
  assert.equal(voice.sent.filter((line) => /s3cret|abcd-/.test(line)).length, 0);
  await end();
});

test('the draft, the room in view and the focus survive a reload', async () => {
  const { page, room, end } = await scene();
  const other = unique('zoe');
  const bot = await Bot.join(BASE, other, room);
  await composer(page).fill('a draft of the room');
  await page.getByRole('complementary').getByRole('button', { name: other }).click();
  await page.getByRole('heading', { name: other }).waitFor();
  await composer(page).fill('half a sentence');
  await page.reload();
  await connected(page);
  await page.getByRole('heading', { name: other }).waitFor();
  assert.equal(await composer(page).inputValue(), 'half a sentence');
  await page.locator('#composer:focus').waitFor();
  await page.keyboard.type(', and the rest');
  assert.equal(await composer(page).inputValue(), 'half a sentence, and the rest');
  await page.keyboard.press('Alt+ArrowUp');
  await page.getByRole('heading', { name: room, exact: true }).waitFor();
  assert.equal(await composer(page).inputValue(), 'a draft of the room');
  bot.close();
  await end();
});

test('Tab completes, and the arrow keys bring back what was sent', async () => {
  const { page, room, end } = await scene();
  const [one, two] = [unique('tab-a'), unique('tab-b')];
  const bots = [await Bot.join(BASE, one, room), await Bot.join(BASE, two, room)];
  await page.getByRole('complementary').getByRole('button', { name: two }).waitFor();
  const input = composer(page);
  const seen = async (keys) => {
    for (const key of keys) await input.press(key);
    return input.inputValue();
  };
  await input.fill('tab-');
  assert.equal(await seen(['Tab']), `${one}: `);
  assert.equal(await seen(['Tab']), `${two}: `);
  assert.equal(await seen(['Shift+Tab']), `${one}: `);
  await input.fill('/who');
  assert.equal(await seen(['Tab', 'Tab']), '/whois ');
  await input.fill('nice :smi');
  assert.equal(await seen(['Tab']), 'nice 😊');
  for (const text of ['first', 'second']) {
    await say(page, text);
    await settled(page, text);
  }
  await input.fill('draft');
  assert.equal(await seen(['ArrowUp']), 'second');
  assert.equal(await seen(['ArrowUp']), 'first');
  assert.equal(await seen(['ArrowUp']), 'before');
  assert.equal(await seen(['ArrowDown', 'ArrowDown', 'ArrowDown']), 'draft');
  for (const bot of bots) bot.close();
  await end();
});

test('a link to what cannot be a room leaves no room behind', async () => {
  const page = await enter(browser, `${BASE}#bad<name>`, unique('lea'));
  await page.getByText(/^#bad<name>: /).waitFor();
  await page.getByRole('heading', { name: '#lobby', exact: true }).waitFor();
  assert.equal(await page.getByRole('navigation', { name: 'Rooms' }).getByText('bad<name>').count(), 0);
  await page.waitForFunction(() => location.hash === '');
  await page.context().close();
});

test('without a server, commands say that they were not done, and an empty room keeps its picture', async () => {
  const page = await enter(browser, `${BASE}${unique('#alone')}`, unique('uma'), {}, async (context) => {
    const voice = await Voice.on(context);
    context.lose = () => {
      voice.instead = (socket) => socket.close();
      return voice.page.close();
    };
  });
  await page.getByRole('heading', { name: /begins/ }).waitFor();
  await page.context().route('**/*.svg', (route) => route.abort());
  await page.context().lose();
  await page.locator('[data-phase=waiting]').waitFor();
  await page.getByRole('button', { name: 'Help' }).click(); // redraws
  await page.getByRole('dialog').waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  const drawn = await page.locator('img.fruit').first().evaluate((image) => image.complete && image.naturalWidth > 0);
  assert.ok(drawn);
  for (const command of ['/topic x', '/kick ben', '/who']) {
    await say(page, command);
    await page.getByText(`You are not connected: ${command.split(' ')[0]} was not carried out.`).waitFor();
  }
  await page.context().close();
});
