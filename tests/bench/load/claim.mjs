// A claim and its submission, as bytes: written from the test vectors, not from the program.
import * as Automerge from '@automerge/automerge';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { encode } from '../sync/cbor.mjs';
import { changes } from '../sync/documents.mjs';
import { changeItem, recordItem } from '../sync/suanpan.mjs';

const FEN = 100;
const word = value => new Automerge.ImmutableString(value);
const bytes = uuid => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** A claim of one line over one yuan. */
export function draft(device, title) {
  const actor = device.device.subarray(0, 8).toString('hex') + randomBytes(8).toString('hex');
  const at = Date.now();
  const time = Math.floor(at / 1_000);
  let document = Automerge.init({ actor });
  document = Automerge.change(document, { time }, it => {
    it.schema = 1;
    it.owner = word(device.person);
    it.createdAt = at;
    it.currency = word('CNY');
    it.lines = {};
    it.invoices = {};
  });
  document = Automerge.change(document, { time }, it => {
    it.title = word(title);
    it.department = word('MKT');
  });
  const line = randomUUID();
  document = Automerge.change(document, { time }, it => {
    it.lines[line] = {};
    it.lines[line].description = word(title);
    it.lines[line].date = word(new Date(at + 8 * 3_600_000).toISOString().slice(0, 10));
    it.lines[line].amount = FEN;
    it.lines[line].account = word('TRAVEL');
  });
  const id = randomUUID();
  const items = changes(document).map(change => changeItem(device, `claim/${id}`, change));
  return { id, document, items };
}

/** The content as the digest wants it: maps sorted by the length and then the bytes of their keys. */
function content(value) {
  if (value instanceof Automerge.ImmutableString) return value.val;
  if (typeof value !== 'object') return value;
  const order = (a, b) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));
  return new Map(Object.keys(value).sort(order).map(key => [key, content(value[key])]));
}

/** "I submit this", signed over the digest of what the claimant saw. */
export function submission(device, { id, document }) {
  const digest = createHash('sha256').update(encode(content(document))).digest();
  const heads = Automerge.getHeads(document).map(head => Buffer.from(head, 'hex'));
  const fields = [randomBytes(16), bytes(id), 0, 1, heads, digest, FEN, bytes(device.person), Date.now()];
  return recordItem(device, encode([0, [new Map(fields.map((value, key) => [key, value]))]]));
}
