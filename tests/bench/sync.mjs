// What sync costs, beside automerge-repo's server in the same run: a new device, a device that comes back, one edit
// told to many, memory. Frames and bytes are exact; times depend on the machine. Run with `./dev bench sync`;
// SUANPAN_BENCH_DOCUMENTS=1000,10000 sets the sizes.
import * as Automerge from '@automerge/automerge';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { claim, changes } from './sync/documents.mjs';
import * as peer from './sync/peer.mjs';
import { memory, percentile, processor } from './sync/process.mjs';
import * as suanpan from './sync/suanpan.mjs';
import { freePort, serveDemo } from './shared/server.mjs';

const SIZES = (process.env.SUANPAN_BENCH_DOCUMENTS ?? '1000').split(',').map(Number);
const CHANGES = 30;
const LISTENERS = 100;
const EDITS = 30;
/** A device may push 600 changes a minute, so many devices write the documents. */
const DOCUMENTS_A_DEVICE = 20;
const CONNECTIONS_A_DEVICE = 8;
const LOGIN = 'zhangwei', PASSWORD = 'suanpan-demo';

const pause = milliseconds => new Promise(done => setTimeout(done, milliseconds));

async function measured(pid, work) {
  const [before, started] = [processor(pid), performance.now()];
  const result = await work();
  const wall = performance.now() - started;
  await pause(300); // what the server still does after its answer counts as well
  return { ...result, wall, cpu: processor(pid) - before };
}

/** Ours: the demo company; its own documents are in every figure. */
async function measureOurs(size) {
  let server = await serveDemo();
  try {
    const written = [];
    for (let number = 0; number * DOCUMENTS_A_DEVICE < size; number += 1) {
      const device = await suanpan.enrol(server.url, LOGIN, PASSWORD);
      const socket = await suanpan.connect(device);
      const documents = Array.from({ length: Math.min(DOCUMENTS_A_DEVICE, size - number * DOCUMENTS_A_DEVICE) }, () => {
        const { id, document } = claim(device.person, device.device.subarray(0, 8).toString('hex'), CHANGES, Date.now());
        return { id, document, changes: changes(document) };
      });
      await suanpan.push(socket, device, documents);
      written.push(...documents);
      socket.close();
    }
    server = await server.restart();
    const idle = memory(server.pid);
    const newcomer = await suanpan.enrol(server.url, LOGIN, PASSWORD);
    await pause(500); // the sign-in's password hash is not sync's
    let got = 0;
    const fresh = await measured(server.pid, async () => {
      const socket = await suanpan.connect(newcomer, () => { got += 1; });
      socket.close();
      return socket.counted;
    });
    if (got < size * CHANGES) throw new Error(`a new device got ${got} changes of ${size * CHANGES}`);
    const resident = memory(server.pid);
    const reconnect = await measured(server.pid, async () => {
      const socket = await suanpan.connect(newcomer);
      socket.close();
      return socket.counted;
    });
    const fan = await fanOutOurs(server, written[0], newcomer);
    return { fresh, reconnect, fan, idle, resident };
  } finally {
    await server.stop();
  }
}

async function fanOutOurs(server, target, writer) {
  // Whoever wrote the documents may have been at it for longer than a token is good for.
  const devices = [];
  while (devices.length * CONNECTIONS_A_DEVICE < LISTENERS) devices.push(await suanpan.enrol(server.url, LOGIN, PASSWORD));
  const listening = [];
  for (let number = 0; number < LISTENERS; number += 1) {
    const device = devices[Math.floor(number / CONNECTIONS_A_DEVICE)];
    listening.push(await suanpan.connect({ ...device, url: server.url, cursor: writer.cursor, epoch: writer.epoch, views: writer.views }));
  }
  const socket = await suanpan.connect(writer);
  const actor = writer.device.subarray(0, 8).toString('hex') + '00'.repeat(8);
  let document = Automerge.clone(target.document, { actor });
  const times = [];
  for (let edit = 1; edit <= EDITS; edit += 1) {
    const heads = Automerge.getHeads(document);
    document = Automerge.change(document, it => { it.lines[Object.keys(it.lines)[0]].amount = 500_000 + edit; });
    const [{ hash, bytes }] = changes(document).slice(-1);
    if (Automerge.getHeads(document)[0] !== hash.toString('hex') || heads.length !== 1) throw new Error('not one change');
    const started = performance.now();
    const arrivals = listening.map(async listener => {
      for (let there = false; !there; ) suanpan.heard(await listener.next(), () => { there = true; });
      return performance.now() - started;
    });
    await suanpan.push(socket, writer, [{ id: target.id, changes: [{ hash, bytes }] }]);
    times.push(...(await Promise.all(arrivals)));
    await pause(100);
  }
  for (const listener of [...listening, socket]) listener.close();
  return times;
}

/** Theirs: automerge-repo's server with its file store. */
async function measureTheirs(size) {
  const folder = mkdtempSync(join(tmpdir(), 'suanpan-bench-peer-'));
  let server = await servePeer(folder);
  try {
    const documents = new Map();
    for (let number = 0; number < size; number += 1) {
      const { id, document } = claim('00'.repeat(16), '07'.repeat(8), CHANGES, Date.now());
      documents.set(peer.documentId(Buffer.from(id.replaceAll('-', ''), 'hex')), document);
    }
    const wanted = new Map([...documents].map(([id, document]) => [id, Automerge.getHeads(document)]));
    const seeding = await peer.connect(server.url);
    await peer.settle(seeding, documents, wanted);
    seeding.socket.close();
    await pause(2_000); // its store writes a little later than it answers
    await server.stop();
    server = await servePeer(folder);
    const idle = memory(server.pid);
    const empty = new Map([...documents.keys()].map(id => [id, Automerge.init()]));
    const fresh = await measured(server.pid, async () => {
      const client = await peer.connect(server.url);
      await peer.settle(client, empty, wanted, 'request');
      client.socket.close();
      return client.socket.counted;
    });
    const resident = memory(server.pid);
    const reconnect = await measured(server.pid, async () => {
      const client = await peer.connect(server.url);
      await peer.settle(client, empty, wanted);
      client.socket.close();
      return client.socket.counted;
    });
    const fan = await fanOutTheirs(server, [...documents][0]);
    return { fresh, reconnect, fan, idle, resident };
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fanOutTheirs(server, [id, document]) {
  const wanted = new Map([[id, Automerge.getHeads(document)]]);
  const join = async () => {
    const client = await peer.connect(server.url);
    const documents = new Map([[id, Automerge.clone(document)]]);
    await peer.settle(client, documents, wanted);
    return { client, documents };
  };
  const listening = [];
  for (let number = 0; number < LISTENERS; number += 1) listening.push(await join());
  const writer = await join();
  const line = Object.keys(document.lines)[0];
  const times = [];
  for (let edit = 1; edit <= EDITS; edit += 1) {
    const amount = 500_000 + edit;
    const started = performance.now();
    const arrivals = listening.map(async ({ client, documents }) => {
      while (documents.get(id).lines[line].amount !== amount) await peer.hear(client, documents);
      return performance.now() - started;
    });
    peer.edit(writer.client, writer.documents, id, it => { it.lines[line].amount = amount; });
    times.push(...(await Promise.all(arrivals)));
    await pause(100);
  }
  for (const { client } of [...listening, writer]) client.socket.close();
  return times;
}

async function servePeer(folder) {
  const port = await freePort();
  const script = fileURLToPath(new URL('./sync/peer-server.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, String(port), folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  await new Promise((done, fail) => {
    child.stdout.once('data', done);
    child.once('exit', code => fail(new Error(`the peer's server ended with ${code}`)));
  });
  const stop = async () => {
    const ended = new Promise(done => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
  };
  return { url: `ws://127.0.0.1:${port}`, pid: child.pid, stop };
}

function row(name, ours, theirs, unit = '') {
  console.log(`${name.padEnd(44)} ${String(ours).padStart(14)} ${String(theirs).padStart(14)} ${unit}`);
}

function report(size, ours, theirs) {
  console.log(`\n${size} documents of ${CHANGES} changes`);
  row('', 'suanpan', 'automerge-repo');
  for (const [name, key] of [['new device', 'fresh'], ['unchanged device comes back', 'reconnect']]) {
    row(`${name}: frames up`, ours[key].up, theirs[key].up);
    row(`${name}: frames down`, ours[key].down, theirs[key].down);
    row(`${name}: bytes up`, ours[key].upBytes, theirs[key].upBytes);
    row(`${name}: bytes down`, ours[key].downBytes, theirs[key].downBytes);
    row(`${name}: until done`, ours[key].wall.toFixed(0), theirs[key].wall.toFixed(0), 'ms');
    row(`${name}: server's processor`, ours[key].cpu.toFixed(2), theirs[key].cpu.toFixed(2), 's');
  }
  for (const share of [0.5, 0.99]) {
    row(`one edit to ${LISTENERS}: p${share * 100}`, percentile(ours.fan, share).toFixed(1), percentile(theirs.fan, share).toFixed(1), 'ms');
  }
  row('memory after a new device', (ours.resident / 1e6).toFixed(1), (theirs.resident / 1e6).toFixed(1), 'MB');
  row('memory above idle', ((ours.resident - ours.idle) / 1e6).toFixed(1), ((theirs.resident - theirs.idle) / 1e6).toFixed(1), 'MB');
}

const results = [];
for (const size of SIZES) {
  const ours = await measureOurs(size);
  const theirs = await measureTheirs(size);
  report(size, ours, theirs);
  results.push({ size, ours, theirs });
}

const figures = {};
const ratios = {};
for (const { size, ours, theirs } of results) {
  const suffix = size === SIZES[0] ? '' : `_${size}`;
  figures[`reconnect_frames${suffix}`] = Math.max(ours.reconnect.up, ours.reconnect.down);
  figures[`reconnect_bytes${suffix}`] = ours.reconnect.upBytes + ours.reconnect.downBytes;
  figures[`fresh_frames${suffix}`] = ours.fresh.up + ours.fresh.down;
  figures[`fresh_bytes${suffix}`] = ours.fresh.upBytes + ours.fresh.downBytes;
  ratios[`fresh_cpu${suffix}`] = theirs.fresh.cpu / Math.max(ours.fresh.cpu, 0.01);
  ratios[`fanout_p99${suffix}`] = percentile(ours.fan, 0.99) / percentile(theirs.fan, 0.99);
  ratios[`memory${suffix}`] = ours.resident / theirs.resident;
}
console.log(JSON.stringify({ bench: 'sync', figures, ratios }));
process.exit(0);
