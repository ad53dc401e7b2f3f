// One command at a phone's speed: a person signs in, opens a new claim, types, and taps beside the field. Three times
// are taken, all from the moment at which the page hears that the field was left:
//   shown    until the document stands as it will be, before the browser draws it: what the program needs
//   drawn    until the browser has drawn that
//   kept     until it is signed and on the disk; that happens in a worker, which DevTools do not slow
import { median, newPerson, newTab, SLOW_PROCESSOR } from './browser.mjs';

/** The demo company's salesman; `suanpan demo` prints who can sign in. */
const PERSON = { name: process.env.SUANPAN_BENCH_NAME ?? 'zhangwei', password: process.env.SUANPAN_BENCH_PASSWORD ?? 'suanpan-demo' };

const at = name => `[data-test="${name}"]`;

/** What is typed, one command each. */
const TYPED = ['上海', '上海 客户', '上海 客户 拜访', '上海 客户 拜访 三天', '上海 拜访', '上海 拜访 两天', '苏州'];

/** Runs in the page, before the program: notes what follows each `blur` of a field. */
function watch() {
  const commands = (window.measuredCommands = []);
  addEventListener('blur', event => {
    if (!event.target.matches?.('input, textarea')) return;
    const command = { start: performance.now(), shown: null, drawn: null };
    const changes = new MutationObserver(() => (command.shown = performance.now() - command.start));
    changes.observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });
    // Changes come in microtasks after the event; a task is the first thing that comes after all of them.
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      changes.disconnect();
      if (command.shown !== null) commands.push(command);
    };
    port2.postMessage(0);
    requestAnimationFrame(() => {
      const drawn = new MessageChannel();
      drawn.port1.onmessage = () => (command.drawn = performance.now() - command.start);
      drawn.port2.postMessage(0);
    });
  }, true);
}

/** The medians of the commands' times in milliseconds: until shown, until drawn, until kept. */
export async function commandTime(browser, url) {
  const person = await newPerson(browser);
  try {
    const page = await newTab(person, { processor: SLOW_PROCESSOR });
    page.setDefaultTimeout(30_000);
    await page.addInitScript(watch);
    await page.goto(url);
    await page.fill(at('sign-in-name'), PERSON.name);
    await page.fill(at('sign-in-password'), PERSON.password);
    await page.click(at('sign-in-submit'));
    await page.click(at('new-claim'));
    await page.waitForSelector(at('claim-purpose'));
    await page.evaluate(() => (window.measuredCommands.length = 0));
    // A finger beside the field, on what does nothing of its own.
    const { x, y } = await page.locator(at('claim-total')).boundingBox();
    for (const purpose of TYPED) {
      await page.fill(at('claim-purpose'), purpose);
      await page.touchscreen.tap(x + 1, y + 1);
      await page.waitForTimeout(600);
    }
    const commands = await page.evaluate(() => window.measuredCommands);
    const kept = await page.evaluate(
      () => performance.getEntriesByName('command-kept').map(({ startTime, duration }) => ({ startTime, duration })));
    // What was typed is kept by itself after a pause; leaving the field then asks for nothing more and is no command.
    const whole = commands.filter(
      ({ start, shown }) => kept.some(({ startTime }) => startTime >= start && startTime <= start + shown));
    if (whole.length < TYPED.length - 2) {
      throw new Error(`${whole.length} of ${TYPED.length} commands could be measured whole`);
    }
    const middle = name => median(whole.map(command => command[name]));
    return { shown: middle('shown'), drawn: middle('drawn'), kept: median(kept.map(each => each.duration)) };
  } finally {
    await person.close();
  }
}
