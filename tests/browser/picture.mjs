// The README's picture: one room in a browser and in nc, the README's program, and the ladder of a close. All of it is
// real: a server, Chromium, nc and `loquat wire play`. Needs port 7777 of 127.0.0.1, and clang-format.
//
//   node tests/browser/picture.mjs build/release/bin/loquat docs/images/loquat.webp
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enter, launch, say } from './lib/chromium.mjs';
import { escaped, Terminal } from './lib/terminal.mjs';

const [loquat, out] = process.argv.slice(2);
const SHEET = { deviceScaleFactor: 2, viewport: { width: 1000, height: 400 } };
const ROOM = { deviceScaleFactor: 2, colorScheme: 'light', viewport: { width: 400, height: 372 } };
const TALK = [
  ['nc', 'Is the kettle on? I have only nc here'],
  ['page', 'It is. I am in a browser'],
  ['nc', 'and if somebody pulls the plug?'],
  ['page', '看到过的每一行都还在'],
];
const STYLE = `
  body { margin: 0; padding: 14px; background: #fff; font: 14px 'DejaVu Sans', sans-serif; width: 972px }
  main { display: grid; grid-template-columns: 400px 560px; gap: 12px; align-items: stretch }
  section { display: flex; flex-direction: column; gap: 12px }
  figure { margin: 0; border: 1px solid #afb8c1; border-radius: 6px; overflow: hidden; background: #fff }
  figure:last-child { flex: 1 }
  figcaption { padding: 6px 10px; background: #eaeef2; border-bottom: 1px solid #afb8c1; color: #1f2328 }
  b { color: #0550ae; margin-right: 6px }
  img { display: block; width: 400px }
  pre { margin: 0; padding: 8px 10px; color: #1f2328; font: 12.6px/1.42 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace }
  i { font-style: normal; color: #a40e26 } q { quotes: none; color: #0a3069 }`;

const closers = []; // what has been started, in order
const folder = mkdtempSync(join(tmpdir(), 'loquat-picture-'));
closers.push(() => rmSync(folder, { recursive: true }));
try {
  await serve();
  const browser = await launch();
  closers.push(() => browser.close());
  const { page, nc } = await guests(browser);
  await talk({ page, nc });
  const ladder = await close();
  const photo = (await page.screenshot()).toString('base64');
  const sheet = await (await browser.newContext(SHEET)).newPage();
  await sheet.setContent(`<meta charset="utf-8"><style>${STYLE}</style><main>
    <section>
      <figure><figcaption><b>Talk</b> a browser at 127.0.0.1:7777</figcaption><img src="data:image/png;base64,${photo}"></figure>
      <figure><figcaption>nc 127.0.0.1 7777, the same room</figcaption><pre>${nc.html()}</pre></figure>
    </section>
    <section>
      <figure><figcaption><b>Write</b> an echo server, a fiber for each client</figcaption><pre>${code()}</pre></figure>
      <figure><figcaption><b>See</b> loquat wire play close</figcaption><pre>${ladder}</pre></figure>
    </section></main>`);
  const picture = await webp(sheet);
  writeFileSync(out, picture);
  console.log(`${out}: ${Math.round(picture.length / 1024)} KiB`);
} finally {
  for (const close of closers.reverse()) await close();
}

async function serve() {
  const server = spawn(loquat, ['serve', '--listen', '127.0.0.1:7777', '--data', join(folder, 'data')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(server, 'exit');
  closers.push(async () => {
    server.kill();
    await ended;
  });
  await once(server.stdout, 'data');
}

async function guests(browser) {
  const nc = new Terminal('nc', 'nc 127.0.0.1 7777', 50, 14);
  closers.push(() => nc.close());
  nc.type('/nick carl');
  await nc.see('You are called carl now');
  const page = await enter(browser, 'http://127.0.0.1:7777/', 'mei', ROOM);
  await nc.see('mei');
  return { page, nc };
}

// Each says its line when the one before is on every screen.
async function talk(all) {
  for (const [who, text] of TALK) {
    if (who === 'page') await say(all.page, text);
    else all[who].type(text);
    await all.page.getByText(text).first().waitFor();
    await all.nc.see(text);
  }
}

// The rows of the ladder, without the remarks below them.
async function close() {
  const asUser = process.getuid() === 0 ? 'setpriv --reuid=1000 --regid=1000 --clear-groups ' : ''; // it needs no root
  const play = new Terminal('play', `${asUser}${loquat} wire play close; sleep 600`, 70, 30);
  closers.push(() => play.close());
  await play.see('Compare:');
  return play.html().replace(/\n[^\n]*kernel counted[^]*/, '');
}

// The README's program, folded to the picture's width.
function code() {
  const source = execFileSync('clang-format', ['--style={BasedOnStyle: Google, ColumnLimit: 70}', 'examples/echo.cc']);
  const text = escaped(String(source).trimEnd());
  return text
    .replace(/"[^"]*"|&lt;loquat[^\n]*&gt;/g, '<q>$&</q>')
    .replace(/#include|\b(int|auto|for|mutable)\b/g, '<i>$&</i>');
}

// The page as WebP, which Chromium writes from a canvas.
async function webp(sheet) {
  const png = (await sheet.screenshot({ fullPage: true })).toString('base64');
  const base64 = await sheet.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.85).split(',')[1];
  }, png);
  return Buffer.from(base64, 'base64');
}
