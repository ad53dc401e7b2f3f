// The demo company, served for a bench: a process and a data folder of its own.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** An environment variable that `./dev bench` sets. */
export function setting(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run this with ./dev bench`);
  return value;
}

/** A TCP port that nobody listens on at this moment. */
export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise(done => server.once('listening', done));
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}

/** Serves the demo company, with further options; returns its address, its process, how to start it again on its data, and how to end it. */
export async function serveDemo(...options) {
  const suanpan = setting('SUANPAN_BIN');
  const data = mkdtempSync(join(tmpdir(), 'suanpan-bench-'));
  const demo = spawnSync(suanpan, ['demo', '--data', data], { encoding: 'utf8' });
  if (demo.status !== 0) throw new Error(`suanpan demo failed: ${demo.stderr}`);
  return serve(suanpan, data, options);
}

async function serve(suanpan, data, options) {
  const listen = `127.0.0.1:${await freePort()}`;
  const server = spawn(suanpan, ['serve', '--data', data, '--web', setting('SUANPAN_DIST'), '--listen', listen, ...options], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const end = async () => {
    if (server.exitCode !== null) return;
    const ended = new Promise(done => server.once('exit', done));
    server.kill('SIGTERM');
    await ended;
  };
  const stop = async () => {
    await end();
    rmSync(data, { recursive: true, force: true });
  };
  const restart = async () => {
    await end();
    return serve(suanpan, data, options);
  };
  const url = `http://${listen}`;
  try {
    await healthy(url, server);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, pid: server.pid, restart, stop };
}

async function healthy(url, server) {
  for (const end = Date.now() + 30_000; Date.now() < end; ) {
    if (server.exitCode !== null) throw new Error(`the server ended at once with ${server.exitCode}`);
    const answer = await fetch(`${url}/api/health`).catch(() => null);
    if (answer?.status === 200) return;
    await new Promise(done => setTimeout(done, 100));
  }
  throw new Error(`${url}/api/health did not answer 200 within 30 s`);
}
