// The documents that both servers get: claims as the app writes them, change by change.
import * as Automerge from '@automerge/automerge';
import { createHash, randomBytes, randomUUID } from 'node:crypto';

const word = value => new Automerge.ImmutableString(value);

/** A claim of `changes` changes by one actor of one device; its changes travel uncompressed. */
export function claim(owner, prefix, changes, at) {
  const actor = prefix + randomBytes(8).toString('hex');
  const line = () => randomUUID();
  const lines = [];
  let document = Automerge.init({ actor });
  const write = (number, edit) => {
    document = Automerge.change(document, { time: Math.floor(at / 1000) + number }, edit);
  };
  write(0, it => {
    it.schema = 1;
    it.owner = word(owner);
    it.createdAt = at;
    it.currency = word('CNY');
    it.lines = {};
    it.invoices = {};
  });
  for (let number = 1; number < changes; number += 1) {
    if (number <= 10) {
      const id = line();
      lines.push(id);
      write(number, it => {
        it.lines[id] = {};
        it.lines[id].amount = 100 + number;
        it.lines[id].date = word('2026-06-02');
        it.lines[id].description = word('高铁');
        it.lines[id].account = word('TRAVEL');
      });
    } else {
      // Never the value that stands there: that would write nothing.
      write(number, it => { it.lines[lines[number % lines.length]].amount = 100_000 + number; });
    }
  }
  return { id: randomUUID(), document };
}

/** The changes of a document with their hashes, oldest first. */
export function changes(document) {
  return Automerge.getAllChanges(document).map(bytes => ({
    bytes,
    // SHA-256 over type, length and content: the chunk without magic and checksum.
    hash: createHash('sha256').update(bytes.subarray(8)).digest(),
  }));
}
