// One command at a phone's speed: a person signs in, opens a new claim and types; the app measures each command
// it carries out (`performance.measure`: "command" from the field's event to the page's new state, "command-kept" from
// there to the disk, signed). Signing, the merge engine and the disk are in a worker, which DevTools do not slow.
import { median, newPerson, newTab, SLOW_PROCESSOR } from './browser.mjs';

/** The demo company's salesman; `suanpan demo` prints who can sign in. */
const PERSON = { name: process.env.SUANPAN_BENCH_NAME ?? 'zhangwei', password: process.env.SUANPAN_BENCH_PASSWORD ?? 'suanpan-demo' };

const at = name => `[data-test="${name}"]`;

/** The medians of the commands' times in milliseconds: until shown, until kept. */
export async function commandTime(browser, url) {
  const person = await newPerson(browser);
  try {
    const page = await newTab(person, { processor: SLOW_PROCESSOR });
    page.setDefaultTimeout(30_000);
    await page.goto(url);
    await page.fill(at('sign-in-name'), PERSON.name);
    await page.fill(at('sign-in-password'), PERSON.password);
    await page.click(at('sign-in-submit'));
    await page.click(at('new-claim'));
    for (const purpose of ['上海', '上海 客户', '上海 客户 拜访', '上海 客户 拜访 三天', '上海 拜访']) {
      await page.fill(at('claim-purpose'), purpose);
      await page.locator(at('claim-purpose')).blur();
      await page.waitForTimeout(400);
    }
    const measured = async name => {
      const times = await page.evaluate(n => performance.getEntriesByName(n).map(entry => entry.duration), name);
      if (times.length < 3) throw new Error(`the app measured ${times.length} × “${name}”, 3 are needed`);
      return median(times);
    };
    return { shown: await measured('command'), kept: await measured('command-kept') };
  } finally {
    await person.close();
  }
}
