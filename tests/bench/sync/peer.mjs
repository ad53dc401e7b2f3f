// The peer: automerge-repo's own sync server, as @automerge/automerge-repo-sync-server runs it, and a
// client of its protocol that counts what it sends and hears.
import * as Automerge from '@automerge/automerge';
import { Repo, stringifyAutomergeUrl, parseAutomergeUrl } from '@automerge/automerge-repo';
import { decode, encode } from './cbor.mjs';
import { open } from './socket.mjs';

let number = 0;

/** The text form of a document's sixteen bytes. */
export function documentId(bytes) {
  return parseAutomergeUrl(stringifyAutomergeUrl({ documentId: bytes })).documentId;
}

/** Connects as a new peer. */
export async function connect(url) {
  const socket = await open(url);
  number += 1;
  const me = `bench-${process.pid}-${number}`;
  socket.send(encode({ type: 'join', senderId: me, supportedProtocolVersions: ['1'], peerMetadata: { isEphemeral: true } }));
  for (;;) {
    const frame = decode(await socket.next());
    if (frame.type === 'peer') return { socket, me, them: frame.senderId, states: new Map() };
  }
}

/** Begins the conversation about a document. */
export function ask(peer, id, document, type = 'sync') {
  const [state, message] = Automerge.generateSyncMessage(document, Automerge.initSyncState());
  peer.states.set(id, state);
  if (message) say(peer, id, message, type);
}

function say(peer, id, data, type = 'sync') {
  peer.socket.send(encode({ type, documentId: id, senderId: peer.me, targetId: peer.them, data }));
}

/** Hears one frame and answers it; returns the document that it was about, as it stands now. */
export async function hear(peer, documents) {
  const frame = decode(await peer.socket.next());
  if (!frame.data || !documents.has(frame.documentId)) return null;
  const id = frame.documentId;
  const state = peer.states.get(id) ?? Automerge.initSyncState();
  const [document, next] = Automerge.receiveSyncMessage(documents.get(id), state, frame.data);
  const [after, message] = Automerge.generateSyncMessage(document, next);
  peer.states.set(id, after);
  documents.set(id, document);
  if (message) say(peer, id, message);
  return { id, document, state: after };
}

/** Talks about every document until both sides have the same; what is wanted are its heads. */
export async function settle(peer, documents, wanted, type = 'sync') {
  for (const [id, document] of documents) ask(peer, id, document, type);
  const open = new Set(documents.keys());
  while (open.size > 0) {
    const about = await hear(peer, documents);
    if (!about) continue;
    const theirs = JSON.stringify(about.state.theirHeads ?? null);
    const heads = JSON.stringify(wanted.get(about.id));
    if (JSON.stringify(Automerge.getHeads(about.document)) === heads && theirs === heads) open.delete(about.id);
  }
}

/** Sends one's own edit. */
export function edit(peer, documents, id, change) {
  const document = Automerge.change(documents.get(id), change);
  documents.set(id, document);
  const [state, message] = Automerge.generateSyncMessage(document, peer.states.get(id));
  peer.states.set(id, state);
  if (message) say(peer, id, message);
}

export { Repo };
