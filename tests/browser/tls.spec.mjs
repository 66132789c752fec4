// The page over TLS: HTTPS and WebSocket, on a server of this test's own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { closeAll, enter, launch, say, settled, texts } from './lib/chromium.mjs';
import { leftovers } from './lib/leftovers.mjs';

let browser, server, data, url;

before(async () => {
  browser = await launch();
  data = mkdtempSync(join(tmpdir(), 'loquat-tls-'));
  server = spawn(process.env.LOQUAT_BIN, ['serve', '--listen', '127.0.0.1:0', '--tls-self-signed', '--data', data], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  leftovers.add(() => server.kill());
  for await (const line of createInterface({ input: server.stdout })) {
    url = line.match(/listening on http:\/\/(\S+)/)?.[1];
    if (url) break;
  }
});
after(async () => {
  await closeAll(browser);
  rmSync(data, { recursive: true, force: true });
});

test('a browser that trusts the certificate talks with one in the clear', async () => {
  const safe = await enter(browser, `https://${url}`, 'ada', { ignoreHTTPSErrors: true });
  const plain = await enter(browser, `http://${url}`, 'bob');
  await say(safe, 'over TLS');
  await settled(plain, 'over TLS');
  await say(plain, 'in the clear');
  await settled(safe, 'in the clear');
  assert.deepEqual((await texts(safe)).slice(-2), ['over TLS', 'in the clear']);
  await safe.reload();
  await settled(safe, 'in the clear');
});

test('a browser that does not know the certificate says so', async () => {
  const page = await (await browser.newContext()).newPage();
  await assert.rejects(page.goto(`https://${url}`), /ERR_CERT_AUTHORITY_INVALID/);
});
