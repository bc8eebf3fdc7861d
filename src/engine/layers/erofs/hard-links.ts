import type { ByteString } from '../../../platform/tar/file-entry.js';
import { fileType, TYPE_AT } from './directory-blocks.js';
import { write64 } from './erofs-format.js';
import { NoImageError } from './no-image-error.js';

/** A file that has several names; its number is known when its first name is written. */
export interface LinkedFile {
  nid: number | undefined;
  /** With its type. */
  mode: number;
  /** Directory entries that were written before: their places in the image. */
  readonly waiting: number[];
}

interface Linked extends LinkedFile {
  /** Where the number of its names stands. */
  linksAt: number;
  /** Order of the entry that it came by. */
  order: number;
  /** Of the earliest link to it. */
  firstUse: number;
  names: number;
}

/** Which names of a layer are one file. */
export class HardLinks {
  /** The first name of the file for each other one. */
  readonly #firstOf = new Map<ByteString, ByteString>();
  readonly #files = new Map<ByteString, Linked>();
  /** Links that came, less those that are names in the end. */
  #missing = 0;

  /** An entry in the order of the tar. */
  add(path: ByteString, target: ByteString): void {
    const first = this.#firstOf.get(target) ?? target;
    this.#firstOf.set(path, first);
    this.#missing++;
    if (!this.#files.has(first)) {
      const firstUse = Number.POSITIVE_INFINITY;
      this.#files.set(first, { nid: undefined, mode: 0, waiting: [], linksAt: 0, order: 0, firstUse, names: 1 });
    }
  }

  /** Something else has come to be at the path. */
  drop(path: ByteString): void {
    if (this.#firstOf.size > 0) this.#firstOf.delete(path);
  }

  /** One more name, in the order of the paths. */
  use(path: ByteString, order: number): LinkedFile {
    const file = this.#files.get(this.#firstOf.get(path) ?? path);
    if (file === undefined) throw new NoImageError(`${path} is a link to nothing`);
    file.firstUse = Math.min(file.firstUse, order);
    file.names++;
    this.#missing--;
    return file;
  }

  /** A file as it is written. */
  place(path: ByteString, file: Pick<Linked, 'order' | 'mode' | 'linksAt'> & { readonly nid: number }): void {
    const linked = this.#files.get(path);
    if (linked !== undefined) Object.assign(linked, file);
  }

  finish(patch: (at: number, bytes: Uint8Array) => void): void {
    // Whether there was something to link to when it came cannot be told any more.
    if (this.#missing > 0) throw new NoImageError('a hard link was replaced');
    for (const [path, file] of this.#files) {
      if (file.names === 1) continue;
      // What stands there now is not what the links were made to.
      if (file.nid === undefined || file.order > file.firstUse)
        throw new NoImageError(`${path} is not what was linked`);
      const count = Buffer.alloc(4);
      count.writeUInt32LE(file.names);
      patch(file.linksAt, count);
      const [number, type] = [toNumber(file.nid), Buffer.from([fileType(file.mode)])];
      for (const at of file.waiting) {
        patch(at, number);
        patch(at + TYPE_AT, type);
      }
    }
  }
}

function toNumber(nid: number): Buffer {
  const bytes = Buffer.alloc(8);
  write64(bytes, 0, nid);
  return bytes;
}
