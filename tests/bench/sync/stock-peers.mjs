// Stock automerge-repo peers that do what they are told: one JSON line in, one JSON line out.
//
// Texts are written as ImmutableString, since the company's documents hold plain values and no collaborative texts.
import { createInterface } from 'node:readline';
import { ImmutableString, from, getActorId, getHeads, isImmutableString, save } from '@automerge/automerge';
import { Repo, stringifyAutomergeUrl } from '@automerge/automerge-repo';
import { WebSocketClientAdapter } from '@automerge/automerge-repo-network-websocket';

const PATIENCE = 8_000;
const peers = new Map();

/** Values as documents hold them. */
function held(value) {
  if (typeof value === 'string') return new ImmutableString(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, held(inner)]));
}

/** Values as JSON holds them. */
function told(value) {
  if (isImmutableString(value)) return value.toString();
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, told(inner)]));
}

const at = (value, path) => path.reduce((inner, key) => inner?.[key], value);

async function eventually(what, so) {
  const until = Date.now() + PATIENCE;
  while (Date.now() < until) {
    const found = await so();
    if (found !== undefined) return found;
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error(`never: ${what}`);
}

const actions = {
  /** A new peer, greeted. `refused` and `frames` are what passed on its socket. */
  async connect({ peer, address }) {
    const adapter = new WebSocketClientAdapter(address);
    const state = { adapter, frames: 0, refused: [], error: null, documents: new Map() };
    const send = adapter.send.bind(adapter);
    adapter.send = (message) => {
      state.frames += 1;
      send(message);
    };
    adapter.on('message', (message) => {
      state.frames += 1;
      if (message.type === 'x-suanpan-refused') state.refused.push(...message.changes);
    });
    state.repo = new Repo({ network: [adapter], peerId: `${peer}-${Math.random().toString(36).slice(2)}` });
    peers.set(peer, state);
    await eventually(`${peer} is greeted`, () => adapter.remotePeerId);
    return {};
  },

  /** Begins a document of this name with these values. */
  begin({ peer, document, value }) {
    const { repo, documents } = peers.get(peer);
    documents.set(document, repo.import(save(from(held(value))), { docId: document }));
    return {};
  },

  async find({ peer, document }) {
    const { repo, documents } = peers.get(peer);
    try {
      documents.set(document, await repo.find(stringifyAutomergeUrl({ documentId: document })));
      return { state: 'ready' };
    } catch (error) {
      return { state: /unavailable/.test(error.message) ? 'unavailable' : error.message };
    }
  },

  /** Waits until a document that was unavailable is there. */
  async arrival({ peer, document }) {
    await eventually(`${peer} has ${document}`, async () =>
      (await actions.find({ peer, document })).state === 'ready' ? {} : undefined,
    );
    return {};
  },

  /** Writes one value, and the maps on the way to it that are not there. */
  set({ peer, document, path, value }) {
    const handle = peers.get(peer).documents.get(document);
    handle.change((draft) => {
      let inner = draft;
      for (const key of path.slice(0, -1)) inner = inner[key] ??= {};
      inner[path.at(-1)] = held(value);
    });
    return {};
  },

  read({ peer, document }) {
    return { value: told(peers.get(peer).documents.get(document).doc()) };
  },

  heads({ peer, document }) {
    return { heads: getHeads(peers.get(peer).documents.get(document).doc()).toSorted() };
  },

  actor({ peer, document }) {
    return { actor: getActorId(peers.get(peer).documents.get(document).doc()) };
  },

  /** Waits until the document says so. */
  async until({ peer, document, path, value }) {
    const handle = peers.get(peer).documents.get(document);
    const seen = () => told(at(handle.doc(), path));
    return eventually(`${peer} reads ${value} at ${path}, but ${JSON.stringify(told(handle.doc()))}`, () =>
      seen() === value ? {} : undefined,
    );
  },

  /** Waits until so many changes were refused in all; then what passes until a second is over. */
  async refused({ peer, count }) {
    const state = peers.get(peer);
    await eventually(`${count} of ${peer} are refused`, () => (state.refused.length >= count ? {} : undefined));
    const before = state.frames;
    await new Promise((done) => setTimeout(done, 1_000));
    return { codes: state.refused.map((change) => change.code), later: state.frames - before };
  },

  frames({ peer }) {
    return { frames: peers.get(peer).frames };
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { action, ...what } = JSON.parse(line);
  let answer;
  try {
    answer = await actions[action](what);
  } catch (error) {
    answer = { fault: error.stack };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
process.exit(0);
