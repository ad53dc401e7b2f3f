// What the app costs a phone: bytes, time until it stands, Lighthouse's verdict, the time of one command.
// The bytes are a gate of `./dev test`; the times are not, because machines differ. Run with `./dev bench app`.
import { spawnSync } from 'node:child_process';
import lighthouse from 'lighthouse';
import { launch, median, mounted, newPerson, newTab, storedForOffline, SLOW_NETWORK, SLOW_PROCESSOR } from './app/browser.mjs';
import { commandTime } from './app/command.mjs';
import { freePort, serveDemo, setting } from './shared/server.mjs';

const RUNS = 5;
const LIGHTHOUSE_RUNS = 3;

/** Goals: what is good enough, and which way is better. */
const GOALS = {
  app_br_bytes: ['first visit, brotli bytes', '≤ 614400'],
  mounted_cold_ms: ['stands, first visit, 1.6 Mbit/s, 4× slower', '≤ 3500'],
  mounted_warm_ms: ['stands, from the service worker, 4× slower', '≤ 700'],
  lighthouse_performance: ['Lighthouse mobile, performance', '≥ 95'],
  lighthouse_accessibility: ['Lighthouse mobile, accessibility', '= 100'],
  command_ms: ['one command: from the field\'s event to the page\'s new state, 4× slower', '≤ 16'],
  command_drawn_ms: ['one command: from the field\'s event until the browser has drawn it, 4× slower', ''],
  command_kept_ms: ['one command: from the field\'s event to the disk; the worker is not slowed', ''],
  keeper_br_bytes: ['the keeper, in the background after the first page, brotli bytes', ''],
};

/** The rule of what counts is xtask's alone. */
function downloadedBytes() {
  const { stdout, stderr, error } = spawnSync('xtask', ['size', setting('SUANPAN_DIST')], { encoding: 'utf8' });
  if (error) throw error;
  const bytes = name => {
    const [, count] = new RegExp(`^${name} (\\d+)`, 'm').exec(stdout) ?? [];
    if (!count) throw new Error(`xtask size said: ${stdout}${stderr}`);
    return Number(count);
  };
  return { app_br_bytes: bytes('app_br_bytes'), keeper_br_bytes: bytes('keeper_br_bytes') };
}

async function coldTime(browser, url) {
  const times = [];
  for (let run = 0; run < RUNS; run += 1) {
    const person = await newPerson(browser);
    times.push(await mounted(await newTab(person, { processor: SLOW_PROCESSOR, network: SLOW_NETWORK }), url));
    await person.close();
  }
  return median(times);
}

async function warmTime(browser, url) {
  const person = await newPerson(browser);
  const first = await newTab(person);
  await mounted(first, url);
  await storedForOffline(first);
  await first.close();
  const times = [];
  for (let run = 0; times.length < RUNS; run += 1) {
    const page = await newTab(person, { processor: SLOW_PROCESSOR });
    const time = await mounted(page, url);
    const fromWorker = await page.evaluate(() => performance.getEntriesByType('navigation')[0].workerStart > 0);
    // Chromium lets a page that is opened right after the worker took over still pass it by: not what is measured.
    if (fromWorker) times.push(time);
    else if (run >= RUNS) throw new Error('the page did not come from the service worker');
    await page.close();
  }
  await person.close();
  return median(times);
}

async function lighthouseScores(url) {
  const port = await freePort();
  const browser = await launch(port);
  const scores = { performance: [], accessibility: [] };
  try {
    for (let run = 0; run < LIGHTHOUSE_RUNS; run += 1) {
      const { lhr } = await lighthouse(url, { port, logLevel: 'error', onlyCategories: Object.keys(scores) });
      if (lhr.runtimeError) throw new Error(`Lighthouse: ${lhr.runtimeError.message}`);
      for (const [name, values] of Object.entries(scores)) values.push(Math.round(lhr.categories[name].score * 100));
    }
  } finally {
    await browser.close();
  }
  return { performance: median(scores.performance), accessibility: Math.min(...scores.accessibility) };
}

const tenths = value => Math.round(value * 10) / 10;

const server = await serveDemo();
const browser = await launch();
try {
  const scores = await lighthouseScores(server.url);
  const { app_br_bytes, keeper_br_bytes } = downloadedBytes();
  const command = await commandTime(browser, server.url);
  const figures = {
    app_br_bytes,
    mounted_cold_ms: Math.round(await coldTime(browser, server.url)),
    mounted_warm_ms: Math.round(await warmTime(browser, server.url)),
    lighthouse_performance: scores.performance,
    lighthouse_accessibility: scores.accessibility,
    command_ms: tenths(command.shown),
    command_drawn_ms: tenths(command.drawn),
    command_kept_ms: tenths(command.kept),
    keeper_br_bytes,
  };
  for (const [name, [meaning, goal]] of Object.entries(GOALS)) {
    console.log(`${String(figures[name]).padStart(9)}  ${goal.padEnd(9)} ${name.padEnd(25)} ${meaning}`);
  }
  console.log(JSON.stringify({ bench: 'app', figures, ratios: {} }));
} finally {
  await browser.close();
  await server.stop();
}
