// Month-end (S18): 500 submissions in ten minutes from 300 devices, four in ten of which lose their connection and come
// back. What counts is the time from handing in until the device is told that the budget holds the money.
// `./dev bench load`; SUANPAN_LOAD_MINUTES, SUANPAN_LOAD_DEVICES and SUANPAN_LOAD_SUBMISSIONS make it smaller.
import { draft, submission } from './load/claim.mjs';
import { percentile, processor, memory } from './sync/process.mjs';
import * as suanpan from './sync/suanpan.mjs';
import { serveDemo } from './shared/server.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const MINUTES = number('SUANPAN_LOAD_MINUTES', 10);
const DEVICES = number('SUANPAN_LOAD_DEVICES', 300);
const SUBMISSIONS = number('SUANPAN_LOAD_SUBMISSIONS', 500);
/** Of a hundred submissions, so many are handed in on a connection that has just come back. */
const RECONNECTING = 40;
const PASSWORD = 'suanpan-demo';
const LOGINS = ['zhangwei', 'lina'];
const GOAL = 2_000;

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

async function enrolAll(url) {
  const devices = [];
  for (let index = 0; index < DEVICES; index += 1) {
    const device = await suanpan.enrol(url, LOGINS[index % LOGINS.length], PASSWORD, `10.1.${index >> 8}.${index & 255}`);
    device.session = await suanpan.session(device);
    devices.push(device);
  }
  return devices;
}

/** Writes a claim and hands it in; the time until its budget is held. */
async function handIn(device, reconnecting, title) {
  if (reconnecting) {
    device.session.close();
    device.session = await suanpan.session(device);
  }
  const claim = draft(device, title);
  const started = performance.now();
  const [status] = await Promise.all([
    device.session.status(claim.id),
    device.session.push([...claim.items, submission(device, claim)]),
  ]);
  if (status.state !== 'inApproval') throw new Error(`${title} is ${status.state}`);
  return performance.now() - started;
}

// Each device has an address of its own, as the proxy in front says. Its token lasts as long as the run: these devices do not
// ask for the next one.
const server = await serveDemo('--trusted-hops', '1', '--access-token-minutes', '60');
try {
  console.log(`${DEVICES} devices sign in`);
  const devices = await enrolAll(server.url);
  const before = processor(server.pid);
  const started = performance.now();
  const running = [];
  for (let index = 0; index < SUBMISSIONS; index += 1) {
    const due = started + (index * MINUTES * 60_000) / SUBMISSIONS;
    await pause(Math.max(0, due - performance.now()));
    // Nobody hands in two claims at the same time on one device.
    const device = devices[index % devices.length];
    const turn = (device.turn ?? Promise.resolve()).then(() => handIn(device, index % 100 < RECONNECTING, `月末 ${index}`));
    device.turn = turn.catch(() => {});
    running.push(turn);
  }
  const settled = await Promise.allSettled(running);
  const failed = settled.filter(({ status }) => status === 'rejected');
  for (const { reason } of failed.slice(0, 5)) console.error(reason);
  const times = settled.filter(({ status }) => status === 'fulfilled').map(({ value }) => value);
  const wall = (performance.now() - started) / 1_000;
  const [p50, p95, worst] = [percentile(times, 0.5), percentile(times, 0.95), Math.max(...times)];
  console.log(`${times.length} of ${SUBMISSIONS} submissions in ${wall.toFixed(0)} s, ${RECONNECTING} % on a connection that came back`);
  console.log(`handed in → 已占用   p50 ${p50.toFixed(0)} ms   p95 ${p95.toFixed(0)} ms   worst ${worst.toFixed(0)} ms   (goal: p95 < ${GOAL} ms)`);
  console.log(`server: ${(processor(server.pid) - before).toFixed(1)} s of processor, ${(memory(server.pid) / 1e6).toFixed(0)} MB`);
  const figures = { submissions: times.length, lost: failed.length, submit_p50_ms: p50, submit_p95_ms: p95, submit_worst_ms: worst };
  console.log(JSON.stringify({ bench: 'load', figures, ratios: { submit_p95_to_goal: p95 / GOAL } }));
  process.exitCode = failed.length > 0 ? 1 : 0;
} finally {
  await server.stop();
}
process.exit();
