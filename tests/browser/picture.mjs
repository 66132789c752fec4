// The README's picture: a browser, irssi and nc in one room of a real server. Needs port 7777 of 127.0.0.1.
//
//   node tests/browser/picture.mjs build/release/bin/loquat docs/images/room.webp
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { enter, launch, say } from './lib/chromium.mjs';
import { Terminal } from './lib/terminal.mjs';

const [loquat, out] = process.argv.slice(2);
const SHEET = { deviceScaleFactor: 1.5, viewport: { width: 1300, height: 400 } };
const DESK = { deviceScaleFactor: 1.5, viewport: { width: 740, height: 620 } };
const TALK = [
  ['irssi', 'Good evening! Is the kettle on?'],
  ['nc', 'It is. I am here with nothing but nc'],
  ['page', '我在浏览器里，同一个房间'],
  ['irssi', 'and if somebody pulls the plug?'],
  ['nc', 'then every line you have seen is still there'],
  ['page', 'because nobody sees a line that is not on disk'],
];
const STYLE = `
  body { margin: 0; padding: 20px; background: #dfe5ec; font: 13px 'DejaVu Sans', sans-serif; width: 1260px }
  main { display: grid; grid-template-columns: 740px 500px; gap: 20px }
  .right { display: grid; gap: 20px; grid-template-rows: auto 1fr }
  figure { margin: 0; border-radius: 8px; overflow: hidden; box-shadow: 0 3px 12px #0004; background: #1b1f24 }
  figcaption { padding: 7px 12px; background: #3a424d; color: #e6edf3 }
  img { display: block; width: 740px }
  pre { margin: 0; padding: 8px 10px; font: 12px/1.41 'DejaVu Sans Mono', 'Noto Sans Mono CJK SC', monospace }`;

const closers = []; // what has been started, in order
const folder = mkdtempSync(join(tmpdir(), 'loquat-picture-'));
closers.push(() => rmSync(folder, { recursive: true }));
try {
  await serve();
  const browser = await launch();
  closers.push(() => browser.close());
  const { page, irssi, nc } = await guests(browser);
  await talk({ page, irssi, nc });
  const photo = (await page.screenshot()).toString('base64');
  const sheet = await (await browser.newContext(SHEET)).newPage();
  await sheet.setContent(`<meta charset="utf-8"><style>${STYLE}</style><main>
    <figure><figcaption>a browser: http://127.0.0.1:7777</figcaption><img src="data:image/png;base64,${photo}"></figure>
    <div class="right">
      <figure><figcaption>irssi -c 127.0.0.1 -p 7777</figcaption><pre>${irssi.html()}</pre></figure>
      <figure><figcaption>nc 127.0.0.1 7777</figcaption><pre>${nc.html()}</pre></figure>
    </div></main>`);
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
  const page = await enter(browser, 'http://127.0.0.1:7777/', 'mei', DESK);
  const irssi = new Terminal('irssi', `irssi --home=${folder}/irssi -c 127.0.0.1 -p 7777 -n yara`, 66, 17);
  closers.push(() => irssi.close());
  await irssi.see('End of /MOTD');
  irssi.type('/join #lobby');
  await irssi.see('Join to #lobby was synced');
  const nc = new Terminal('nc', 'nc 127.0.0.1 7777', 66, 15);
  closers.push(() => nc.close());
  nc.type('/nick carl');
  await nc.see('You are called carl now');
  return { page, irssi, nc };
}

// Each says its line when the one before is on every screen.
async function talk(all) {
  for (const [who, text] of TALK) {
    if (who === 'page') await say(all.page, text);
    else all[who].type(text);
    await all.page.getByText(text).first().waitFor();
    await all.irssi.see(text);
    await all.nc.see(text);
  }
}

// The page as WebP, which Chromium writes from a canvas.
async function webp(sheet) {
  const png = (await sheet.screenshot({ fullPage: true })).toString('base64');
  const base64 = await sheet.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const canvas = Object.assign(document.createElement('canvas'), { width: image.width, height: image.height });
    canvas.getContext('2d').drawImage(image, 0, 0);
    return canvas.toDataURL('image/webp', 0.82).split(',')[1];
  }, png);
  return Buffer.from(base64, 'base64');
}
