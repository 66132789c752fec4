// Debian's Chromium, started quietly.
import { chromium } from 'playwright-core';

export function launch() {
  return chromium.launch({
    executablePath: process.env.LOQUAT_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--no-first-run',
    ],
  });
}

// A page that has come in as `nick`.
export async function enter(browser, base, nick, options = {}) {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  const page = await context.newPage();
  await page.goto(base);
  await page.locator('#name').fill(nick);
  await page.locator('#name').press('Enter');
  await page.locator('.banner[data-phase=online]').waitFor({ state: 'attached' });
  return page;
}
