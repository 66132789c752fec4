// Debian's Chromium, started quietly, and what a visitor does in the page.
import { chromium } from 'playwright-core';
import { leftovers } from './leftovers.mjs';

export const BASE = process.env.LOQUAT_URL ?? 'http://127.0.0.1:7777/';

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

// Ends the browser and what a failed test has left open.
export async function closeAll(browser) {
  await browser?.close();
  for (const end of leftovers) end();
}

// Unique in every run, because the server remembers.
let count = 0;
const run = Date.now().toString(36).slice(-5) + Math.floor(Math.random() * 1296).toString(36);
export function unique(word) {
  return `${word}${run}${++count}`;
}

export async function connected(page) {
  await page.locator('[data-phase=online]').waitFor({ state: 'attached' });
}

// A page that has come in as `nick`. `visit` may go to a room's address or prepare the context.
export async function enter(browser, base, nick, options = {}, prepare = async () => {}) {
  const context = await browser.newContext({ locale: 'en-US', ...options });
  context.setDefaultTimeout(30_000);
  await prepare(context);
  const page = await context.newPage();
  await page.goto(base);
  await page.getByRole('textbox').fill(nick);
  await page.keyboard.press('Enter');
  await connected(page);
  return page;
}

export function composer(page) {
  return page.locator('#composer');
}

export async function say(page, text) {
  await composer(page).fill(text);
  await composer(page).press('Enter');
}

// The texts of the conversation, in order; pending lines too.
export function texts(page) {
  return page.getByRole('log').locator('.text').allTextContents();
}

// Waits until the server has echoed `text`.
export function settled(page, text) {
  return page.locator('.row:not(.waiting):not(.failed) .text', { hasText: text }).first().waitFor();
}
