// CBOR (RFC 8949) as far as the two protocols use it: definite lengths out, what peers send in.
const text = new TextEncoder();
const words = new TextDecoder();

/** Bytes of a value: numbers, strings, byte arrays, arrays, booleans, null, Map (any keys) and plain objects. */
export function encode(value) {
  const parts = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function head(major, number) {
  if (number < 24) return Buffer.from([(major << 5) | number]);
  if (number < 0x100) return Buffer.from([(major << 5) | 24, number]);
  if (number < 0x10000) return Buffer.from([(major << 5) | 25, number >> 8, number & 255]);
  const wide = number >= 0x1_0000_0000;
  const bytes = Buffer.alloc(wide ? 9 : 5);
  bytes[0] = (major << 5) | (wide ? 27 : 26);
  if (wide) bytes.writeBigUInt64BE(BigInt(number), 1);
  else bytes.writeUInt32BE(number, 1);
  return bytes;
}

function write(value, parts) {
  if (value === null || value === undefined) parts.push(Buffer.from([0xf6]));
  else if (typeof value === 'boolean') parts.push(Buffer.from([value ? 0xf5 : 0xf4]));
  else if (typeof value === 'number') parts.push(value < 0 ? head(1, -1 - value) : head(0, value));
  else if (typeof value === 'string') {
    const bytes = text.encode(value);
    parts.push(head(3, bytes.length), bytes);
  } else if (value instanceof Uint8Array) parts.push(head(2, value.length), value);
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) write(item, parts);
  } else {
    const entries = value instanceof Map ? [...value] : Object.entries(value);
    parts.push(head(5, entries.length));
    for (const [key, item] of entries) {
      write(key, parts);
      write(item, parts);
    }
  }
}

/** The value in these bytes; maps with text keys become objects, other maps become Map. */
export function decode(bytes) {
  const reader = { bytes, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), at: 0 };
  return read(reader);
}

function length(reader, short) {
  if (short < 24) return short;
  const { view, at } = reader;
  reader.at += 1 << (short - 24);
  if (short === 24) return view.getUint8(at);
  if (short === 25) return view.getUint16(at);
  if (short === 26) return view.getUint32(at);
  if (short === 27) return Number(view.getBigUint64(at));
  throw new Error('CBOR of indefinite length');
}

function read(reader) {
  const first = reader.bytes[reader.at++];
  const major = first >> 5;
  if (major === 7) return simple(first & 31);
  const number = length(reader, first & 31);
  switch (major) {
    case 0: return number;
    case 1: return -1 - number;
    case 2: return slice(reader, number);
    case 3: return words.decode(slice(reader, number));
    case 4: return Array.from({ length: number }, () => read(reader));
    case 5: return map(reader, number);
    default: return read(reader); // a tag says nothing that these protocols need
  }
}

function slice(reader, size) {
  reader.at += size;
  return reader.bytes.subarray(reader.at - size, reader.at);
}

function map(reader, size) {
  const entries = Array.from({ length: size }, () => [read(reader), read(reader)]);
  return entries.every(([key]) => typeof key === 'string') ? Object.fromEntries(entries) : new Map(entries);
}

function simple(value) {
  if (value === 20) return false;
  if (value === 21) return true;
  if (value === 22 || value === 23) return null;
  throw new Error(`CBOR simple value ${value}`);
}
