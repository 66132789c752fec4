// 100 page loads, each followed by idle time and then a request: a browser's spare connections must stay usable,
// and nothing that a browser sends may be taken for chat.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Bot } from './lib/bot.mjs';
import { BASE, closeAll, connected, enter, launch, unique } from './lib/chromium.mjs';
import { Guard } from './lib/guard.mjs';

const LOADS = 100;
const AT_ONCE = 10;
const IDLE = 2000; // ms; what is tested, not a way to wait

let browser;
before(async () => {
  browser = await launch();
});
after(() => closeAll(browser));

test(`${LOADS} loads, idle, then a request`, async () => {
  const witness = await Bot.join(BASE, unique('witness'), '#lobby');
  const visitor = async () => {
    let guard;
    const page = await enter(browser, BASE, unique('load'), {}, async (context) => {
      guard = await Guard.on(context, BASE);
    });
    for (let i = 0; i < LOADS / AT_ONCE; i++) {
      if (i > 0) await page.reload();
      await connected(page);
      const ok = await page.evaluate(async (idle) => {
        await new Promise((resolve) => setTimeout(resolve, idle));
        const answer = await fetch('/healthz');
        return answer.ok && (await answer.text()) !== '';
      }, IDLE);
      assert.ok(ok);
    }
    await page.context().close();
    guard.check();
  };
  await Promise.all(Array.from({ length: AT_ONCE }, visitor));
  await witness.settled();
  // Who is taken for chat is a guest. The people of other tests, who may talk meanwhile, have names.
  const said = witness.lines.filter((line) => / :guest\d+!\S+ PRIVMSG #lobby /.test(` ${line}`));
  assert.deepEqual(said, []);
  witness.close();
});
