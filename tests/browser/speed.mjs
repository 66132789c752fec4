// How fast the page draws: a new line and a keystroke, with a long room scrolled back and in a flood of lines. For
// people; drawing.spec.mjs bounds what must never grow.
// Usage: LOQUAT_URL=http://127.0.0.1:7777/ node speed.mjs [LINES [LINES_A_SECOND [SECONDS]]]
import { once } from 'node:events';
import { Bot } from './lib/bot.mjs';
import { BASE, enter, launch, settled, unique } from './lib/chromium.mjs';

const [lines = 5000, rate = 500, seconds = 10] = process.argv.slice(2).map(Number);

// In the page: notes how long the main thread works for each message of the server, and how long a key takes until the
// frame that shows it is done.
function watch() {
  const watched = { line: [], frame: [], key: [] };
  window.watched = watched;
  const afterFrame = (done) =>
    requestAnimationFrame((start) => {
      const began = performance.now();
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => done(began, start);
      port2.postMessage(0);
    });
  const Plain = window.WebSocket;
  window.WebSocket = class extends Plain {
    constructor(...args) {
      super(...args);
      let due = false;
      this.addEventListener('message', () => {
        if (due) return;
        due = true;
        const from = performance.now();
        afterFrame((began) => {
          due = false;
          const end = performance.now();
          watched.frame.push(end - began);
          watched.line.push(end - from);
        });
      });
    }
  };
  addEventListener('keydown', (event) => afterFrame(() => watched.key.push(performance.now() - event.timeStamp)), true);
}

const at = (all, share) => all[Math.min(all.length - 1, Math.floor(all.length * share))] ?? NaN;
function say(what, all) {
  all.sort((a, b) => a - b);
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => at(all, share).toFixed(1));
  console.log(`${what.padEnd(62)} p50 ${p50}  p95 ${p95}  max ${max} ms  (${all.length})`);
}
async function measured(page, work) {
  await page.evaluate(() => Object.values(window.watched).forEach((all) => (all.length = 0)));
  await work();
  return page.evaluate(() => window.watched);
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function flood(bot, room, during) {
  let sent = 0;
  const start = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - start) / 1000) * rate);
    for (; sent < due; sent++) bot.send(`PRIVMSG ${room} :flood ${sent} with a few words, and https://example.org/${sent}`);
  }, 10);
  await during();
  clearInterval(timer);
}
async function type(page) {
  for (let i = 0; i < seconds * 6; i++) {
    await page.keyboard.press('abcdefghij'[i % 10]);
    await pause(60);
  }
}
async function scrollBack(page) {
  await page.evaluate(async () => {
    const box = document.querySelector('.log');
    while (!document.querySelector('.start')) {
      box.scrollTop = 0;
      await new Promise(requestAnimationFrame);
    }
  });
}
const elements = (page) => page.evaluate(() => document.querySelectorAll('*').length);

const room = unique('#speed');
const bots = await Promise.all(['ada', 'ben', 'cleo'].map((name) => Bot.join(BASE, unique(name), room)));
for (let i = 0; i < lines; i++) {
  bots[Math.floor(i / 2) % 3].send(`PRIVMSG ${room} :line ${i} with a few words to read`);
  if (i % 500 === 499) for (const bot of bots) await bot.settled();
}
for (const bot of bots) {
  await bot.settled();
  bot.heard = () => {};
}
bots[0].send(`PRIVMSG ${room} :the last line`);
const browser = await launch();
const page = await enter(browser, `${BASE}${room}`, unique('dora'), { viewport: { width: 1280, height: 800 } }, (context) =>
  context.addInitScript(watch),
);
page.setDefaultTimeout(180_000);
await settled(page, 'the last line');
console.log(`${await elements(page)} elements with the newest page`);

await page.locator('#composer').focus();
const newest = await measured(page, () => flood(bots[0], room, () => type(page)));
say(`newest line, ${rate} lines a second: key to frame`, newest.key);
say(`newest line, ${rate} lines a second: work for a frame`, newest.frame);

await scrollBack(page);
console.log(`${await elements(page)} elements with ${lines} lines scrolled back`);
const single = await measured(page, async () => {
  for (let i = 0; i < 40; i++) {
    bots[1].send(`PRIVMSG ${room} :one more ${i}`);
    await pause(150);
  }
});
say('scrolled back: line to frame', single.line);
say('scrolled back: work for a line', single.frame);
await page.locator('#composer').focus();
say('scrolled back: key to frame', (await measured(page, () => type(page))).key);
const both = await measured(page, () => flood(bots[0], room, () => type(page)));
say(`scrolled back, ${rate} lines a second: key to frame`, both.key);
say(`scrolled back, ${rate} lines a second: work for a frame`, both.frame);
console.log(`${await elements(page)} elements after it`);

for (const bot of bots) bot.close();
await browser.close();
