// One command at a phone's speed: a person signs in, opens a new claim and types; the app measures each command
// it carries out (a `performance.measure` named "command": from the key to the stored change).
import { median, newPerson, newTab, SLOW_PROCESSOR } from './browser.mjs';

/** The demo company's salesman; `suanpan demo` prints who can sign in. */
const PERSON = { name: process.env.SUANPAN_BENCH_NAME ?? 'zhangwei', password: process.env.SUANPAN_BENCH_PASSWORD ?? 'suanpan-demo' };

const at = name => `[data-test="${name}"]`;

/** The median of the commands' times in milliseconds. */
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
    const times = await page.evaluate(() => performance.getEntriesByName('command').map(entry => entry.duration));
    if (times.length < 3) throw new Error(`the app measured ${times.length} commands, 3 are needed`);
    return median(times);
  } finally {
    await person.close();
  }
}
