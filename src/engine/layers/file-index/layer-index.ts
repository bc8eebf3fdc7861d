import { crc32 } from 'node:zlib';
import type { ByteString } from '../../../platform/tar/file-entry.js';
import {
  DIRECTORY,
  endOfRecord,
  FINGERPRINT_SIZE,
  HARDLINK,
  HAS_FINGERPRINT,
  IS_IMPLIED,
  IS_OPAQUE,
  RECORD_HEAD,
  WHITEOUT,
} from './index-record.js';
import { INDEX_HEAD, INDEX_MAGIC } from './index-writer.js';

/**
 * The files of one layer: record 0 is the root, after each directory comes what is in it, siblings in the order of their
 * names' bytes.
 */
export class LayerIndex {
  readonly count: number;
  /** Of each record the one after the last that is below it. */
  readonly end: Uint32Array;
  readonly depth: Uint16Array;
  /** Indexes of INDEX_KINDS. */
  readonly kind: Uint8Array;
  readonly size: Float64Array;
  /** Sum of the sizes of all records before each; one more than there are records. */
  readonly bytesBefore: Float64Array;
  /** Number of whiteouts before each, likewise. */
  readonly whiteoutsBefore: Uint32Array;
  readonly #bytes: Buffer;
  readonly #places: Uint32Array;

  constructor(bytes: Buffer, { places, end, depth }: Layout) {
    const count = end.length;
    this.#bytes = bytes;
    this.#places = places;
    this.count = count;
    this.end = end;
    this.depth = depth;
    this.kind = new Uint8Array(count);
    this.size = new Float64Array(count);
    this.bytesBefore = new Float64Array(count + 1);
    this.whiteoutsBefore = new Uint32Array(count + 1);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) {
      const at = places[i] ?? 0;
      const kind = view.getUint8(at + 4);
      const size = view.getFloat64(at + 32, true);
      this.kind[i] = kind;
      this.size[i] = size;
      this.bytesBefore[i + 1] = (this.bytesBefore[i] ?? 0) + size;
      this.whiteoutsBefore[i + 1] = (this.whiteoutsBefore[i] ?? 0) + (kind === WHITEOUT ? 1 : 0);
    }
  }

  #at(i: number): number {
    return this.#places[i] ?? 0;
  }

  #nameAt(i: number): number {
    return this.#at(i) + RECORD_HEAD + ((this.#flags(i) & HAS_FINGERPRINT) === 0 ? 0 : FINGERPRINT_SIZE);
  }

  #flags(i: number): number {
    return this.#bytes[this.#at(i) + 5] ?? 0;
  }

  isDirectory(i: number): boolean {
    return this.kind[i] === DIRECTORY;
  }

  isOpaque(i: number): boolean {
    return (this.#flags(i) & IS_OPAQUE) !== 0;
  }

  isImplied(i: number): boolean {
    return (this.#flags(i) & IS_IMPLIED) !== 0;
  }

  mode(i: number): number {
    return this.#bytes.readUInt16LE(this.#at(i) + 6);
  }

  uid(i: number): number {
    return this.#bytes.readUInt32LE(this.#at(i) + 12);
  }

  gid(i: number): number {
    return this.#bytes.readUInt32LE(this.#at(i) + 16);
  }

  mtimeNanoseconds(i: number): number {
    return this.#bytes.readUInt32LE(this.#at(i) + 20);
  }

  mtimeSeconds(i: number): number {
    return this.#bytes.readDoubleLE(this.#at(i) + 24);
  }

  name(i: number): ByteString {
    const at = this.#nameAt(i);
    return this.#bytes.toString('latin1', at, at + this.#bytes.readUInt16LE(this.#at(i) + 8));
  }

  /** As real text; what is not UTF-8 in it is replaced. */
  text(i: number): string {
    const at = this.#nameAt(i);
    return this.#bytes.toString('utf8', at, at + this.#bytes.readUInt16LE(this.#at(i) + 8));
  }

  /** Of a link where it leads, of a device `major:minor`. */
  target(i: number): ByteString {
    const at = this.#nameAt(i) + this.#bytes.readUInt16LE(this.#at(i) + 8);
    return this.#bytes.toString('latin1', at, at + this.#bytes.readUInt16LE(this.#at(i) + 10));
  }

  fingerprint(i: number): Buffer | undefined {
    if ((this.#flags(i) & HAS_FINGERPRINT) === 0) return undefined;
    const at = this.#at(i) + RECORD_HEAD;
    return this.#bytes.subarray(at, at + FINGERPRINT_SIZE);
  }

  /** As names are ordered: below zero where this one comes first. */
  compareNames(i: number, other: LayerIndex, j: number): number {
    const [a, b] = [this.#bytes, other.#bytes];
    const [atA, atB] = [this.#nameAt(i), other.#nameAt(j)];
    const lengthA = a.readUInt16LE(this.#at(i) + 8);
    const lengthB = b.readUInt16LE(other.#at(j) + 8);
    const length = Math.min(lengthA, lengthB);
    for (let k = 0; k < length; k++) {
      const difference = (a[atA + k] ?? 0) - (b[atB + k] ?? 0);
      if (difference !== 0) return difference;
    }
    return lengthA - lengthB;
  }

  /** The record at a path; undefined where there is none. */
  find(path: ByteString): number | undefined {
    let at = 0;
    for (const part of path.split('/').filter((each) => each !== '')) {
      const found = this.#findIn(at, part);
      if (found === undefined) return undefined;
      at = found;
    }
    return at;
  }

  #findIn(directory: number, name: ByteString): number | undefined {
    const end = this.end[directory] ?? 0;
    for (let i = directory + 1; i < end; i = this.end[i] ?? end) if (this.name(i) === name) return i;
    return undefined;
  }

  /** The record that has the content: of a hard link the file that it is another name of, where that is in this layer. */
  content(i: number): number {
    return this.kind[i] === HARDLINK ? (this.find(this.target(i)) ?? i) : i;
  }
}

interface Layout {
  /** Where each record begins. */
  readonly places: Uint32Array;
  readonly end: Uint32Array;
  readonly depth: Uint16Array;
}

/** The index in these bytes; undefined where they are damaged, cut off, or of another format. */
export function parseLayerIndex(bytes: Buffer): LayerIndex | undefined {
  if (bytes.length < INDEX_HEAD || bytes.readUInt32LE(0) !== INDEX_MAGIC) return undefined;
  const count = bytes.readUInt32LE(4);
  if (count === 0 || count > bytes.length / RECORD_HEAD) return undefined;
  if (crc32(bytes.subarray(INDEX_HEAD)) !== bytes.readUInt32LE(8)) return undefined;
  const layout = readLayout(bytes, count);
  return layout && new LayerIndex(bytes, layout);
}

/** Undefined where the records are not a tree, or not all that there is. */
function readLayout(bytes: Buffer, count: number): Layout | undefined {
  const places = new Uint32Array(count);
  const end = new Uint32Array(count).fill(count);
  const depths = new Uint16Array(count);
  /** The records that the next one may be below, from the root. */
  const open: number[] = [];
  let at = INDEX_HEAD;
  for (let i = 0; i < count; i++) {
    const next = endOfRecord(bytes, at);
    if (next === undefined) return undefined;
    const depth = bytes.readUInt32LE(at);
    const parent = open[depth - 1];
    // Only the root has depth 0, and only directories have something below them.
    if (i === 0 ? depth !== 0 : parent === undefined || bytes[(places[parent] ?? 0) + 4] !== DIRECTORY)
      return undefined;
    while (open.length > depth) end[open.pop() ?? 0] = i;
    open.push(i);
    places[i] = at;
    depths[i] = depth;
    at = next;
  }
  return at === bytes.length ? { places, end, depth: depths } : undefined;
}
