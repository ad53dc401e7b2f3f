// A device of ours, written from the test vectors: enrols, signs, pushes, catches up.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { decode, encode } from './cbor.mjs';
import { open } from './socket.mjs';

const PROTOCOL = 'suanpan-sync.1';
const HELLO = 0, PUSH = 1, PING = 3;
/** A device says that it is there, when it has nothing else to say. */
const PING_EVERY = 20_000;
const WELCOME = 0, BATCH = 1, LIVE = 2, ACK = 3, REFUSED = 4, VIEW = 5, CLOSING = 6;
const MOST_ITEMS = 256;
const VIEWS = [null, 'company', 'budget', 'fingerprints'];
const words = text => Buffer.from(text, 'utf8');

/** Enrols a new device of a person; a proxy may say which address it has. */
export async function enrol(url, login, password, address) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const device = createHash('sha256').update(Buffer.concat([Buffer.from([1]), raw])).digest().subarray(0, 16);
  const signed = message => sign(null, message, privateKey);
  const offer = JSON.stringify({
    login,
    password,
    device: { algorithm: 'ed25519', publicKey: raw.toString('base64'), name: 'bench' },
    proof: signed(words(`suanpan-enrol-1\0${login}`)).toString('base64'),
  });
  const headers = { 'content-type': 'application/json', ...(address && { 'x-forwarded-for': address }) };
  const ask = () => fetch(`${url}/api/sign-in`, { method: 'POST', headers, body: offer });
  let answer = await ask();
  // All these devices share one address, of which the server takes so many requests a second.
  while (answer.status === 429) {
    await new Promise(done => setTimeout(done, 1_000 * Number(answer.headers.get('retry-after') ?? 1)));
    answer = await ask();
  }
  const granted = await answer.json();
  if (!granted.accessToken) throw new Error(`sign-in: ${answer.status} ${JSON.stringify(granted)}`);
  return { url, token: granted.accessToken, person: granted.person.id, device, signed, epoch: Buffer.alloc(0), cursor: 0, views: new Map() };
}

/** Connects and catches up. Counts what a device would store. */
export async function connect(device, apply = () => {}) {
  const socket = await open(`${device.url.replace('http', 'ws')}/sync`, [PROTOCOL, `suanpan-token.${device.token}`]);
  const known = [...device.views].map(([name, mark]) => Buffer.concat([Buffer.from([VIEWS.indexOf(name)]), mark]));
  const hello = new Map([[2, device.cursor]]);
  if (device.epoch.length > 0) hello.set(1, device.epoch);
  if (known.length > 0) hello.set(3, Buffer.concat(known));
  socket.send(encode([HELLO, [hello]]));
  for (;;) {
    const [kind, [value]] = decode(await socket.next());
    if (kind === WELCOME) {
      if (value.has(0)) device.epoch = Buffer.from(value.get(0));
      if (value.has(2)) {
        device.cursor = value.get(2);
        return socket;
      }
    } else if (kind === BATCH) {
      take(value, apply);
      device.cursor = value.get(1);
    } else if (kind === VIEW) {
      device.views.set(value.get(0), Buffer.from(value.get(4)));
    } else if (kind === LIVE) {
      device.cursor = value;
      return socket;
    } else if (kind === CLOSING) throw new Error(`the relay closed: ${value}`);
  }
}

/** The changes in a batch. */
export function take(batch, apply) {
  for (const [kind, fields] of batch.get(0)) if (kind === 0) for (const change of fields[1]) apply(change.get(0), change.get(2));
}

/** The changes in a frame, if it holds any. */
export function heard(frame, apply) {
  const [kind, [value]] = decode(frame);
  if (kind === BATCH) take(value, apply);
}

/** Signs changes of documents and pushes them; returns when all of it is durable. */
export async function push(socket, device, documents) {
  const items = documents.flatMap(({ id, changes }) => changes.map(change => changeItem(device, `claim/${id}`, change)));
  for (let at = 0; at < items.length; at += MOST_ITEMS) {
    const piece = items.slice(at, at + MOST_ITEMS);
    socket.send(encode([PUSH, [new Map([[0, at + 1], [1, piece]])]]));
    let admitted = 0;
    while (admitted < piece.length) {
      const [kind, [value]] = decode(await socket.next());
      if (kind === ACK) admitted += value.get(1).length;
      else fault(kind, value);
    }
  }
}

/** A connection that stands: pushes are answered and statuses are heard as they come. */
export async function session(device) {
  const socket = await connect(device);
  const pushes = new Map();
  const statuses = new Map();
  let number = 0;
  let open = true;
  let ended = null;
  const pinging = setInterval(() => socket.send(encode([PING, [1]])), PING_EVERY);
  (async () => {
    while (open) {
      const [kind, [value]] = decode(await socket.next(Infinity));
      if (kind === ACK) {
        const waiting = pushes.get(value.get(0));
        waiting.left -= value.get(1).length;
        if (waiting.left === 0) waiting.done();
      } else if (kind === BATCH) {
        device.cursor = value.get(1);
        for (const [item, fields] of value.get(0)) {
          const uuid = item === 1 ? fields[0].toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') : null;
          statuses.get(uuid)?.done(JSON.parse(Buffer.from(fields[1])));
        }
      } else if (kind === LIVE) device.cursor = value;
      else if (kind === VIEW) device.views.set(value.get(0), Buffer.from(value.get(4)));
      else fault(kind, value);
    }
  })().catch(error => {
    clearInterval(pinging);
    if (!open) return;
    ended = error;
    for (const { fail } of [...pushes.values(), ...statuses.values()]) fail(error);
  });
  return {
    push(items) {
      if (ended) return Promise.reject(ended);
      number += 1;
      const answered = new Promise((done, fail) => pushes.set(number, { left: items.length, done, fail }));
      socket.send(encode([PUSH, [new Map([[0, number], [1, items]])]]));
      return answered;
    },
    /** The first status of a request that the relay tells. */
    status: id => new Promise((done, fail) => (ended ? fail(ended) : statuses.set(id, { done, fail }))),
    close() {
      open = false;
      clearInterval(pinging);
      socket.close();
    },
  };
}

function fault(kind, value) {
  if (kind === REFUSED) throw new Error(`refused: ${value.get(2)} ${Buffer.from(value.get(3))}`);
  if (kind === CLOSING) throw new Error(`the relay closed: ${value}`);
}

/** A signed change of a document, as an item of a push. */
export function changeItem(device, document, { hash, bytes }) {
  const message = Buffer.concat([words(`suanpan-change-1\0${document}\0`), hash]);
  return [0, [new Map([[0, document], [1, hash], [2, bytes], [3, device.device], [4, device.signed(message)]])]];
}

/** A signed record, as an item of a push. */
export function recordItem(device, body) {
  const signature = device.signed(Buffer.concat([words('suanpan-record-1\0'), body]));
  return [1, [new Map([[0, body], [1, device.device], [2, signature]])]];
}
