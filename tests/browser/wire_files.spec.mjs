// The SVG and HTML that `loquat wire show` makes of a hostile capture run nothing in a browser.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { closeAll, launch } from './lib/chromium.mjs';

const tests = dirname(dirname(fileURLToPath(import.meta.url)));
const evil = `"'><script>document.title='run'</script>]]><img src=x onerror=\\"document.title='run'\\">`;
// Written by tests/wire_packets.py, with the same words in the payload, the comments and the interface's name.
const maker = `import sys; from wire_packets import *
evil = b"""${evil}\\x1b\\xff"""
frames = conversation(("10.0.0.1", 40000), ("10.0.0.2", 80), payload=evil)
open(sys.argv[1], "wb").write(pcapng(frames, name=evil[:-1], comments=[evil[:-1]] * len(frames)))`;

let browser, folder;

before(async () => {
  browser = await launch();
  folder = mkdtempSync(join(tmpdir(), 'loquat-wire-'));
});
after(async () => {
  await closeAll(browser);
  rmSync(folder, { recursive: true, force: true });
});

function made(format) {
  const capture = join(folder, '<script>document.title="run"<!--script>.pcapng'.replaceAll('/', ''));
  const out = join(folder, `out.${format}`);
  const python = spawnSync('/usr/bin/python3', ['-c', maker, capture], { cwd: tests });
  assert.equal(python.status, 0, String(python.stderr));
  const show = spawnSync(process.env.LOQUAT_BIN, ['wire', 'show', capture, '--format', format, '-o', out]);
  assert.equal(show.status, 0, String(show.stderr));
  return pathToFileURL(out).href;
}

for (const format of ['svg', 'html']) {
  test(`${format} of a hostile capture is text`, async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('dialog', (dialog) => said.push(dialog.message()));
    page.on('pageerror', (error) => said.push(String(error)));
    const asked = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(made(format));
    assert.equal(await page.locator('path.seg').count(), 9);
    assert.match(await page.locator('svg').textContent(), /<script>/);
    assert.equal(await page.locator('script, img, foreignObject, iframe').count(), 0);
    assert.notEqual(await page.title(), 'run');
    assert.deepEqual(said, []);
    assert.equal(asked.length, 1, `nothing but the file itself is fetched: ${asked}`);
    await context.close();
  });
}

test('the page allows no script, whoever puts one in', async () => {
  const page = await browser.newPage();
  await page.goto(made('html'));
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = "document.title = 'run'";
    document.body.append(script);
  });
  assert.notEqual(await page.title(), 'run');
});
