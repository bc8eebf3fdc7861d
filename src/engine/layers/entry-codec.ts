import { EngineError } from '../../model/errors.js';
import {
  contentLength,
  type EntryKind,
  type EntrySink,
  type FileEntry,
  type Segment,
} from '../../platform/tar/file-entry.js';

/**
 * Both directions of the entry stream that the roles `unpack` and `walk` of gantry-init speak. It is drawn in
 * src/engine/isolation/native/entry-stream.h, which is the other end.
 */
const HEAD_SIZE = 64;
const BUFFER_SIZE = 1 << 20;

const CODES: Readonly<Record<EntryKind, string>> = {
  file: 'f',
  directory: 'd',
  symlink: 'l',
  hardlink: 'h',
  character: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
  opaque: 'o',
};
const KINDS: readonly (EntryKind | undefined)[] = Object.entries(CODES).reduce<EntryKind[]>((kinds, [kind, code]) => {
  kinds[code.charCodeAt(0)] = kind as EntryKind;
  return kinds;
}, []);
const END = 'e';
const NOTHING = Buffer.alloc(0);
const BELOW = 1;

/**
 * Gathers entries and content into large buffers. `flush` is called with each that is full and calls `release` when it needs
 * it no more: then it is filled again, which spares the kernel a fresh one for every megabyte.
 */
export class EntryEncoder implements EntrySink {
  readonly #flush: (bytes: Buffer, release: () => void) => void;
  readonly #free: Buffer[] = [];
  #buffer: Buffer = Buffer.allocUnsafe(BUFFER_SIZE);
  #used = 0;
  #entries = 0;

  constructor(flush: (bytes: Buffer, release: () => void) => void) {
    this.#flush = flush;
  }

  entry(entry: FileEntry): void {
    this.#entries++;
    this.#put(encodeEntry(entry));
  }

  content(bytes: Uint8Array): void {
    this.#put(bytes);
  }

  finish(): void {
    const head = Buffer.alloc(HEAD_SIZE);
    head.write(END, 4, 'latin1');
    head.writeBigUInt64LE(BigInt(this.#entries), 48);
    this.#put(head);
    this.#flush(this.#buffer.subarray(0, this.#used), () => undefined);
    this.#used = 0;
  }

  #put(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const part = Math.min(BUFFER_SIZE - this.#used, bytes.length - at);
      this.#buffer.set(at === 0 && part === bytes.length ? bytes : bytes.subarray(at, at + part), this.#used);
      this.#used += part;
      at += part;
      if (this.#used === BUFFER_SIZE) {
        const full = this.#buffer;
        this.#flush(full, () => this.#free.push(full));
        this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(BUFFER_SIZE);
        this.#used = 0;
      }
    }
  }
}

function encodeEntry(entry: FileEntry): Buffer {
  const xattrs = [...(entry.xattrs ?? [])];
  const segments = entry.segments ?? [];
  const xattrsLength = xattrs.reduce((sum, [name, value]) => sum + 7 + name.length + value.length, 0);
  const bodyLength = entry.path.length + entry.target.length + 2 + xattrsLength + segments.length * 16;
  const bytes = Buffer.allocUnsafe(HEAD_SIZE + bodyLength);
  writeHead(bytes, entry, bodyLength);
  let at = HEAD_SIZE;
  for (const text of [entry.path, entry.target]) {
    at += bytes.write(text, at, 'latin1');
    bytes[at++] = 0;
  }
  for (const [name, value] of xattrs) {
    at = bytes.writeUInt16LE(name.length, at);
    at = bytes.writeUInt32LE(value.length, at);
    at += bytes.write(name, at, 'latin1');
    bytes[at++] = 0;
    bytes.set(value, at);
    at += value.length;
  }
  for (const segment of segments) {
    at = bytes.writeBigUInt64LE(BigInt(segment.offset), at);
    at = bytes.writeBigUInt64LE(BigInt(segment.length), at);
  }
  return bytes;
}

function writeHead(bytes: Buffer, entry: FileEntry, bodyLength: number): void {
  bytes.writeUInt32LE(bodyLength, 0);
  bytes.write(CODES[entry.kind], 4, 'latin1');
  bytes[5] = 0;
  bytes.writeUInt16LE(entry.xattrs?.size ?? 0, 6);
  bytes.writeUInt32LE(entry.segments?.length ?? 0, 8);
  bytes.writeUInt32LE(entry.mode, 12);
  bytes.writeUInt32LE(entry.uid, 16);
  bytes.writeUInt32LE(entry.gid, 20);
  bytes.writeUInt32LE(entry.major, 24);
  bytes.writeUInt32LE(entry.minor, 28);
  bytes.writeUInt32LE(entry.path.length, 32);
  bytes.writeUInt32LE(entry.mtimeNanoseconds, 36);
  bytes.writeBigInt64LE(BigInt(entry.mtimeSeconds), 40);
  bytes.writeBigUInt64LE(BigInt(entry.sizeBytes), 48);
  bytes.writeUInt32LE(entry.target.length, 56);
  bytes.writeUInt32LE(0, 60);
}

/** Reads what `walk` writes, pushed in parts of any size. */
export class EntryDecoder {
  readonly #sink: EntrySink;
  readonly #hasContent: boolean;
  #rest: Buffer = NOTHING;
  #left = 0;
  #ended = false;

  /** `hasContent`: as the option `content` was given to the walk. */
  constructor(sink: EntrySink, hasContent: boolean) {
    this.#sink = sink;
    this.#hasContent = hasContent;
  }

  push(bytes: Buffer): void {
    const chunk = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    let at = 0;
    for (let used = this.#step(chunk, at); used > 0; used = this.#step(chunk, at)) at += used;
    // Its own bytes: those that were pushed may be taken back.
    this.#rest = at === chunk.length ? NOTHING : Buffer.from(chunk.subarray(at));
  }

  finish(): void {
    if (!this.#ended) throw new EngineError('internal', 'the entry stream of the walk is cut off');
  }

  /** Bytes used; 0 when more are needed. */
  #step(chunk: Buffer, at: number): number {
    const rest = chunk.length - at;
    if (this.#left > 0) {
      const length = Math.min(this.#left, rest);
      this.#left -= length;
      if (length > 0) this.#sink.content(chunk.subarray(at, at + length));
      return length;
    }
    if (rest < HEAD_SIZE) return 0;
    const length = HEAD_SIZE + chunk.readUInt32LE(at);
    if (rest < length) return 0;
    if (chunk[at + 4] === END.charCodeAt(0)) this.#ended = true;
    else this.#readEntry(chunk, at);
    return length;
  }

  #readEntry(chunk: Buffer, at: number): void {
    const entry = decodeEntry(chunk, at);
    this.#left = this.#hasContent ? contentLength(entry) : 0;
    this.#sink.entry(entry);
  }
}

function decodeEntry(bytes: Buffer, at: number): FileEntry {
  const kind = KINDS[bytes[at + 4] ?? 0];
  if (kind === undefined)
    throw new EngineError('internal', 'the entry stream of the walk has an unknown kind of entry');
  const pathEnd = at + HEAD_SIZE + bytes.readUInt32LE(at + 32);
  const targetEnd = pathEnd + 1 + bytes.readUInt32LE(at + 56);
  const entry: FileEntry = {
    kind,
    path: bytes.toString('latin1', at + HEAD_SIZE, pathEnd),
    target: targetEnd === pathEnd + 1 ? '' : bytes.toString('latin1', pathEnd + 1, targetEnd),
    mode: bytes.readUInt32LE(at + 12),
    uid: bytes.readUInt32LE(at + 16),
    gid: bytes.readUInt32LE(at + 20),
    major: bytes.readUInt32LE(at + 24),
    minor: bytes.readUInt32LE(at + 28),
    mtimeSeconds: bytes.readInt32LE(at + 44) * 2 ** 32 + bytes.readUInt32LE(at + 40),
    mtimeNanoseconds: bytes.readUInt32LE(at + 36),
    sizeBytes: bytes.readUInt32LE(at + 52) * 2 ** 32 + bytes.readUInt32LE(at + 48),
    links: bytes.readUInt32LE(at + 60),
    below: ((bytes[at + 5] ?? 0) & BELOW) !== 0,
  };
  const xattrsCount = bytes.readUInt16LE(at + 6);
  const segmentsCount = bytes.readUInt32LE(at + 8);
  if (xattrsCount === 0 && segmentsCount === 0) return entry;
  const { xattrs, end } = decodeXattrs(bytes, targetEnd + 1, xattrsCount);
  const segments = decodeSegments(bytes, end, segmentsCount);
  return {
    ...entry,
    ...(xattrs.size === 0 ? {} : { xattrs }),
    ...(segments.length === 0 ? {} : { segments }),
  };
}

function decodeXattrs(bytes: Buffer, start: number, count: number) {
  const xattrs = new Map<string, Uint8Array>();
  let at = start;
  for (let i = 0; i < count; i++) {
    const nameEnd = at + 6 + bytes.readUInt16LE(at);
    const valueEnd = nameEnd + 1 + bytes.readUInt32LE(at + 2);
    xattrs.set(bytes.toString('latin1', at + 6, nameEnd), Buffer.from(bytes.subarray(nameEnd + 1, valueEnd)));
    at = valueEnd;
  }
  return { xattrs, end: at };
}

function decodeSegments(bytes: Buffer, start: number, count: number): Segment[] {
  return Array.from({ length: count }, (_, i) => ({
    offset: Number(bytes.readBigUInt64LE(start + i * 16)),
    length: Number(bytes.readBigUInt64LE(start + i * 16 + 8)),
  }));
}
