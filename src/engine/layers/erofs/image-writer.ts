import { randomBytes } from 'node:crypto';
import type { ByteString, FileEntry } from '../../../platform/tar/file-entry.js';
import {
  DIRECTORY,
  FINGERPRINT_SIZE,
  HARDLINK,
  INDEX_KINDS,
  RECORD_HEAD,
  type SortedRecord,
} from '../file-index/index-record.js';
import type { SettledFile } from '../file-index/settle-records.js';
import { type DirectoryEntry, writeDirectory } from './directory-blocks.js';
import * as erofs from './erofs-format.js';
import { HardLinks, type LinkedFile } from './hard-links.js';
import { ImageOutput } from './image-output.js';
import { NoImageError } from './no-image-error.js';
import { encodeXattrs } from './xattrs.js';

/** Of all files together; more would be held in memory. */
const XATTRS_MAX = 16 << 20;

const MODES: readonly number[] = INDEX_KINDS.map((kind) => {
  switch (kind) {
    case 'directory':
      return erofs.S_IFDIR;
    case 'symlink':
      return erofs.S_IFLNK;
    case 'character':
    case 'whiteout':
      return erofs.S_IFCHR;
    case 'block':
      return erofs.S_IFBLK;
    case 'fifo':
      return erofs.S_IFIFO;
    default:
      return erofs.S_IFREG;
  }
});

/** What an inode says of its file. */
interface Attributes {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly mtimeSeconds: number;
  readonly mtimeNanoseconds: number;
  readonly xattrs: ReadonlyMap<ByteString, Uint8Array> | undefined;
}

interface OpenDirectory {
  readonly depth: number;
  readonly nid: number;
  readonly parentNid: number;
  readonly entries: DirectoryEntry[];
  folders: number;
}

/**
 * Writes the metadata of a layer as a file system of its own, whose files are where they stand in the layer's tar: an EROFS image with
 * the tar as its second device. All that is in memory beside two numbers for each file is the names of the directories on the way to the
 * one that is written.
 *
 * `add` takes the entries as they come, with `contentAt`; `put` what became of them, in the order of their paths, and `finish` the
 * length of the tar in bytes. They throw NoImageError for what an image cannot have: files with holes, hard links to what has been
 * replaced since.
 */
export class ImageWriter {
  readonly #out: ImageOutput;
  readonly #madeAtSeconds: number;
  /** By the order of the entries: where the content begins in the tar, in blocks. */
  #places = new Float64Array(1024);
  #count = 0;
  readonly #xattrs = new Map<number, ReadonlyMap<ByteString, Uint8Array>>();
  #xattrBytes = 0;
  /** Directories that have some. */
  readonly #xattrPaths = new Set<ByteString>();
  readonly #links = new HardLinks();
  readonly #open: OpenDirectory[] = [];
  #inodes = 0;

  /** `madeAtSeconds`: the time of directories that the tar names only as parts of other paths. */
  constructor(path: string, madeAtSeconds: number) {
    this.#out = new ImageOutput(path);
    this.#madeAtSeconds = madeAtSeconds;
    this.#out.reserve(erofs.META_AT);
  }

  add(entry: FileEntry): void {
    if (entry.segments !== undefined) throw new NoImageError(`${entry.path} has holes`);
    if (this.#count === this.#places.length) this.#places = grow(this.#places);
    this.#places[this.#count] = (entry.contentAt ?? 0) / erofs.BLOCK_SIZE;
    // What a directory had stays when it comes again.
    if (this.#xattrPaths.has(entry.path)) throw new NoImageError(`${entry.path} had extended attributes before`);
    if (entry.xattrs !== undefined && entry.xattrs.size > 0) this.#keepXattrs(entry, entry.xattrs);
    if (entry.kind === 'hardlink') this.#links.add(entry.path, entry.target);
    else this.#links.drop(entry.path);
    this.#count++;
  }

  put(file: SettledFile): void {
    while (this.#open.length > file.depth) this.#closeDirectory();
    const name = file.path.slice(file.nameAt);
    if (name.length > erofs.NAME_MAX) throw new NoImageError(`${file.path} has a name that is too long`);
    const { record } = file;
    if (record === undefined || record.kind === DIRECTORY) this.#putDirectory(file, name);
    else if (record.kind === HARDLINK) this.#putLink(name, file.path, record.order);
    else this.#putFile(name, file.path, record);
  }

  finish(tarBytes: number): void {
    while (this.#open.length > 0) this.#closeDirectory();
    this.#links.finish((at, bytes) => this.#out.patch(at, bytes));
    this.#out.align(erofs.BLOCK_SIZE);
    this.#out.patch(erofs.SUPERBLOCK_AT, this.#superblock(this.#out.position / erofs.BLOCK_SIZE));
    const slot = Buffer.alloc(4);
    slot.writeUInt32LE(Math.ceil(tarBytes / erofs.BLOCK_SIZE));
    this.#out.patch(erofs.DEVICE_SLOT_AT + 64, slot);
    this.#out.close();
  }

  abort(): void {
    this.#out.abort();
  }

  #keepXattrs({ kind, path }: FileEntry, xattrs: ReadonlyMap<ByteString, Uint8Array>): void {
    if (kind === 'directory') this.#xattrPaths.add(path);
    for (const [name, value] of xattrs) this.#xattrBytes += name.length + value.length;
    if (this.#xattrBytes > XATTRS_MAX) throw new NoImageError('the layer has too many extended attributes');
    this.#xattrs.set(this.#count, xattrs);
  }

  #putDirectory({ record, depth, isOpaque }: SettledFile, name: ByteString): void {
    const given = record === undefined ? this.#implied() : this.#readAttributes(record);
    const xattrs = isOpaque && depth > 0 ? new Map([...(given.xattrs ?? []), OPAQUE]) : given.xattrs;
    const nid = this.#writeInode({ ...given, xattrs }, { layout: erofs.FLAT_PLAIN, size: 0 });
    const parent = this.#open.at(-1);
    if (parent !== undefined) {
      parent.folders++;
      parent.entries.push({ name, nid, mode: erofs.S_IFDIR });
    }
    this.#open.push({ depth, nid, parentNid: parent?.nid ?? nid, entries: [], folders: 0 });
  }

  #closeDirectory(): void {
    const directory = this.#open.pop();
    if (directory === undefined) return;
    const { nid, parentNid, entries, folders } = directory;
    const block = writeDirectory(this.#out, { nid, parentNid, entries });
    const at = toPlace(nid);
    this.#out.patch(at + 8, toBytes8(block.size));
    this.#out.patch(at + 16, toBytes4(block.number));
    this.#out.patch(at + 44, toBytes4(2 + folders));
  }

  #putLink(name: ByteString, path: ByteString, order: number): void {
    const linked = this.#links.use(path, order);
    this.#addEntry({ name, nid: linked.nid ?? 0, mode: linked.mode, linked });
  }

  #putFile(name: ByteString, path: ByteString, record: SortedRecord): void {
    const attributes = this.#readAttributes(record);
    const nid = this.#writeFile(attributes, record);
    this.#links.place(path, { order: record.order, nid, mode: attributes.mode, linksAt: toPlace(nid) + 44 });
    this.#addEntry({ name, nid, mode: attributes.mode });
  }

  #addEntry(entry: DirectoryEntry & { readonly linked?: LinkedFile }): void {
    this.#open.at(-1)?.entries.push(entry);
  }

  #writeFile(attributes: Attributes, record: SortedRecord): number {
    switch (attributes.mode & erofs.S_IFMT) {
      case erofs.S_IFREG:
        return this.#writeRegular(attributes, record);
      case erofs.S_IFLNK:
        return this.#writeSymlink(attributes, Buffer.from(targetOf(record), 'latin1'));
      case erofs.S_IFCHR:
      case erofs.S_IFBLK:
        return this.#writeInode(attributes, { layout: erofs.FLAT_PLAIN, size: 0, word: toDevice(targetOf(record)) });
      default:
        return this.#writeInode(attributes, { layout: erofs.FLAT_PLAIN, size: 0 });
    }
  }

  #writeRegular(attributes: Attributes, { buffer, at, order }: SortedRecord): number {
    const size = buffer.readDoubleLE(at + 32);
    if (size === 0) return this.#writeInode(attributes, { layout: erofs.FLAT_PLAIN, size });
    let bits = erofs.BLOCK_BITS;
    while (2 ** bits < size) bits++;
    if (bits > erofs.CHUNK_BITS_MAX) throw new NoImageError('a file is too large');
    const block = this.#places[order] ?? 0;
    if (block + size / erofs.BLOCK_SIZE > 2 ** 32) throw new NoImageError('the tar is too large');
    const word = (bits - erofs.BLOCK_BITS) | erofs.CHUNK_INDEXES;
    return this.#writeInode(attributes, { layout: erofs.CHUNK_BASED, size, word, block });
  }

  #writeSymlink(attributes: Attributes, target: Buffer): number {
    const fits = erofs.INODE_SIZE + encodeXattrs(attributes.xattrs).length + target.length <= erofs.BLOCK_SIZE;
    const size = target.length;
    if (fits) return this.#writeInode(attributes, { layout: erofs.FLAT_INLINE, size, tail: target });
    this.#out.align(erofs.BLOCK_SIZE);
    const word = this.#out.position / erofs.BLOCK_SIZE;
    this.#out.reserve(erofs.alignTo(size, erofs.BLOCK_SIZE)).set(target);
    return this.#writeInode(attributes, { layout: erofs.FLAT_PLAIN, size, word });
  }

  /** Returns its number. */
  #writeInode(attributes: Attributes, data: InodeData): number {
    const xattrs = encodeXattrs(attributes.xattrs);
    const tailAt =
      data.layout === erofs.CHUNK_BASED
        ? erofs.alignTo(erofs.INODE_SIZE + xattrs.length, erofs.CHUNK_INDEX_SIZE)
        : erofs.INODE_SIZE + xattrs.length;
    const isChunk = data.layout === erofs.CHUNK_BASED;
    const length = tailAt + (isChunk ? erofs.CHUNK_INDEX_SIZE : (data.tail?.length ?? 0));
    this.#out.align(erofs.NID_SIZE);
    const isAcross = (this.#out.position % erofs.BLOCK_SIZE) + length > erofs.BLOCK_SIZE;
    // What stands behind an inode may not go on in the next block.
    if (data.layout === erofs.FLAT_INLINE && isAcross) this.#out.align(erofs.BLOCK_SIZE);
    const nid = (this.#out.position - erofs.META_AT) / erofs.NID_SIZE;
    const at = this.#out.take(length);
    const { buffer } = this.#out;
    writeHead(buffer, at, attributes, data);
    writeXattrsLength(buffer, at, xattrs.length);
    buffer.writeUInt32LE(++this.#inodes, at + 20);
    if (xattrs.length > 0) buffer.set(xattrs, at + erofs.INODE_SIZE);
    if (isChunk) {
      buffer.writeUInt16LE(1, at + tailAt + 2);
      buffer.writeUInt32LE(data.block ?? 0, at + tailAt + 4);
    } else if (data.tail !== undefined) {
      buffer.set(data.tail, at + tailAt);
    }
    return nid;
  }

  #readAttributes({ buffer, at, kind, order }: SortedRecord): Attributes {
    const type = MODES[kind] ?? erofs.S_IFREG;
    return {
      // A symbolic link has none of its own. symlink(7)
      mode: type | (type === erofs.S_IFLNK ? 0o777 : buffer.readUInt16LE(at + 6)),
      uid: buffer.readUInt32LE(at + 12),
      gid: buffer.readUInt32LE(at + 16),
      mtimeSeconds: buffer.readDoubleLE(at + 24),
      mtimeNanoseconds: buffer.readUInt32LE(at + 20),
      xattrs: this.#xattrs.get(order),
    };
  }

  #implied(): Attributes {
    const mtimeSeconds = this.#madeAtSeconds;
    return { mode: erofs.S_IFDIR | 0o755, uid: 0, gid: 0, mtimeSeconds, mtimeNanoseconds: 0, xattrs: undefined };
  }

  #superblock(blocks: number): Buffer {
    const bytes = Buffer.alloc(erofs.SUPERBLOCK_SIZE);
    bytes.writeUInt32LE(erofs.MAGIC, 0);
    bytes[12] = erofs.BLOCK_BITS;
    bytes.writeBigUInt64LE(BigInt(this.#inodes), 16);
    bytes.writeUInt32LE(blocks, 36);
    bytes.writeUInt32LE(erofs.META_AT / erofs.BLOCK_SIZE, 40);
    // An overlay tells by it which of its layers a file was copied up from.
    randomBytes(16).copy(bytes, 48);
    bytes.writeUInt32LE(erofs.FEATURES, 80);
    bytes.writeUInt16LE(1, 86);
    bytes.writeUInt16LE(erofs.DEVICE_SLOT_AT / erofs.DEVICE_SLOT_SIZE, 88);
    return bytes;
  }
}

interface InodeData {
  readonly layout: number;
  readonly size: number;
  /** Number of a device, first block of the data, or format of the chunks. */
  readonly word?: number;
  /** What stands behind the inode. */
  readonly tail?: Buffer;
  /** The first one of the tar, where the data is a chunk of that. */
  readonly block?: number;
}

function writeHead(bytes: Buffer, at: number, attributes: Attributes, data: InodeData): void {
  bytes.writeUInt16LE(1 | (data.layout << 1), at);
  bytes.writeUInt16LE(attributes.mode, at + 4);
  erofs.write64(bytes, at + 8, data.size);
  bytes.writeUInt32LE(data.word ?? 0, at + 16);
  bytes.writeUInt32LE(attributes.uid, at + 24);
  bytes.writeUInt32LE(attributes.gid, at + 28);
  erofs.write64(bytes, at + 32, attributes.mtimeSeconds);
  bytes.writeUInt32LE(attributes.mtimeNanoseconds, at + 40);
  bytes.writeUInt32LE(1, at + 44);
}

function writeXattrsLength(bytes: Buffer, at: number, length: number): void {
  if (length > 0) bytes.writeUInt16LE((length - erofs.XATTR_HEAD) / erofs.XATTR_ENTRY + 1, at + 2);
}

/** Of a record as `writeRecord` wrote it. */
function targetOf({ buffer, at }: SortedRecord): ByteString {
  const start = at + RECORD_HEAD + FINGERPRINT_SIZE + buffer.readUInt16LE(at + 8);
  return buffer.toString('latin1', start, start + buffer.readUInt16LE(at + 10));
}

/** As the kernel keeps it, of large numbers what mknod(2) would; a whiteout has no numbers and is 0:0. Linux, include/linux/kdev_t.h, new_encode_dev */
function toDevice(numbers: ByteString): number {
  const [major = 0, minor = 0] = numbers.split(':').map(Number);
  return ((minor & 0xff) | ((major & 0xfff) << 8) | ((minor & 0xfff00) << 12)) >>> 0;
}

function toPlace(nid: number): number {
  return erofs.META_AT + nid * erofs.NID_SIZE;
}

function toBytes4(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

function toBytes8(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  erofs.write64(bytes, 0, value);
  return bytes;
}

function grow(places: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(places.length * 2);
  larger.set(places);
  return larger;
}

const OPAQUE: readonly [ByteString, Uint8Array] = ['trusted.overlay.opaque', Buffer.from('y')];
