// A phone in a browser: slow processor, slow network, and what the page measured about itself.
import { chromium } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** A phone of the middle class, as Lighthouse has it: a quarter of this machine's speed. */
export const SLOW_PROCESSOR = 4;

/** A poor mobile network, as Lighthouse has it: 1.6 Mbit/s down, 750 kbit/s up, 150 ms. */
export const SLOW_NETWORK = { downloadThroughput: 1_600_000 / 8, uploadThroughput: 750_000 / 8, latency: 150 };

const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true, locale: 'zh-CN' };

/** Starts Chromium; `port` opens its DevTools for Lighthouse. */
export function launch(port) {
  const args = ['--no-sandbox', '--disable-quic', '--disable-gpu', '--disable-dev-shm-usage'];
  if (port) args.push(`--remote-debugging-port=${port}`);
  return chromium.launch({ executablePath: CHROMIUM, args });
}

/** A person who has never been here. */
export function newPerson(browser) {
  return browser.newContext(PHONE);
}

/** A tab as slow as asked. */
export async function newTab(person, { processor = 1, network } = {}) {
  const page = await person.newPage();
  const devtools = await person.newCDPSession(page);
  if (network) {
    await devtools.send('Network.enable');
    await devtools.send('Network.emulateNetworkConditions', { offline: false, ...network });
  }
  if (processor > 1) await devtools.send('Emulation.setCPUThrottlingRate', { rate: processor });
  return page;
}

/** Opens `url` and returns when the app stood, in milliseconds from the start of the navigation. */
export async function mounted(page, url) {
  await page.goto(url, { waitUntil: 'commit' });
  const mark = () => performance.getEntriesByName('mounted')[0]?.startTime;
  const handle = await page.waitForFunction(mark, undefined, { timeout: 60_000, polling: 50 });
  return handle.jsonValue();
}

/** Waits until every file of the app is kept in the service worker's cache and the page is in its hands. */
export async function storedForOffline(page) {
  await page.waitForFunction(async () => {
    if (!navigator.serviceWorker.controller) return false;
    const names = (await caches.keys()).filter(name => name.startsWith('shell-'));
    if (names.length !== 1) return false;
    return Boolean(await (await caches.open(names[0])).match('/reader_bg.wasm'));
  }, undefined, { timeout: 60_000, polling: 100 });
}

/** The middle one. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
