import { closeSync, openSync, readSync } from 'node:fs';
import { EngineError } from '../../../model/errors.js';
import type { ByteString } from '../../../platform/tar/file-entry.js';
import * as erofs from './erofs-format.js';

/** A file of an image. */
export interface ImageFile {
  /** With its type. */
  readonly mode: number;
  /** Of its content, bytes. */
  readonly size: number;
  readonly nid: number;
  readonly layout: number;
  /** First block of its data. */
  readonly block: number;
  /** Where in the image what stands behind the inode and its attributes begins. */
  readonly tailAt: number;
  readonly xattrsLength: number;
}

/**
 * Looks into an image that `ImageWriter` wrote without mounting it, and into no other: it is made of files of the engine's own. Its
 * methods throw internal for what is damaged.
 */
export class ImageReader {
  readonly #image: number;
  readonly #tarPath: string;

  constructor(imagePath: string, tarPath: string) {
    this.#image = openSync(imagePath, 'r');
    this.#tarPath = tarPath;
  }

  close(): void {
    closeSync(this.#image);
  }

  /** Blocks that the image and the tar must have. */
  blocks(): { readonly image: number; readonly tar: number } {
    const superblock = this.#read(erofs.SUPERBLOCK_AT, erofs.SUPERBLOCK_SIZE);
    if (superblock.readUInt32LE(0) !== erofs.MAGIC) throw damaged();
    const slot = this.#read(erofs.DEVICE_SLOT_AT, erofs.DEVICE_SLOT_SIZE);
    return { image: superblock.readUInt32LE(36), tar: slot.readUInt32LE(64) };
  }

  root(): ImageFile {
    return this.#readInode(0);
  }

  /** Undefined where the directory has no such name. */
  find(directory: ImageFile, name: ByteString): ImageFile | undefined {
    for (const [found, nid] of this.#list(directory)) if (found === name) return this.#readInode(nid);
    return undefined;
  }

  /** Of a regular file or a symbolic link: all of it. */
  readContent(file: ImageFile): Buffer {
    if (file.size === 0) return Buffer.alloc(0);
    switch (file.layout) {
      case erofs.FLAT_INLINE:
        return this.#read(file.tailAt, file.size);
      case erofs.CHUNK_BASED:
        return this.#readFromTar(file);
      default:
        return this.#read(file.block * erofs.BLOCK_SIZE, file.size);
    }
  }

  /** True where it hides what the layers below have in it. */
  isOpaque(directory: ImageFile): boolean {
    if (directory.xattrsLength === 0) return false;
    const bytes = this.#read(directory.tailAt - directory.xattrsLength, directory.xattrsLength);
    return bytes.includes('overlay.opaque', 0, 'latin1');
  }

  *#list(directory: ImageFile): Generator<readonly [ByteString, number]> {
    if (!isDirectory(directory)) return;
    const bytes = this.#read(directory.block * erofs.BLOCK_SIZE, directory.size);
    for (let at = 0; at < bytes.length; at += erofs.BLOCK_SIZE)
      yield* listBlock(bytes.subarray(at, at + erofs.BLOCK_SIZE));
  }

  #readInode(nid: number): ImageFile {
    const at = erofs.META_AT + nid * erofs.NID_SIZE;
    const bytes = this.#read(at, erofs.INODE_SIZE);
    const count = bytes.readUInt16LE(2);
    const xattrsLength = count === 0 ? 0 : erofs.XATTR_HEAD + (count - 1) * erofs.XATTR_ENTRY;
    return {
      mode: bytes.readUInt16LE(4),
      size: Number(bytes.readBigUInt64LE(8)),
      nid,
      layout: bytes.readUInt16LE(0) >> 1,
      block: bytes.readUInt32LE(16),
      tailAt: at + erofs.INODE_SIZE + xattrsLength,
      xattrsLength,
    };
  }

  #readFromTar(file: ImageFile): Buffer {
    const place = this.#read(erofs.alignTo(file.tailAt, erofs.CHUNK_INDEX_SIZE), erofs.CHUNK_INDEX_SIZE);
    const tar = openSync(this.#tarPath, 'r');
    try {
      return readWhole(tar, place.readUInt32LE(4) * erofs.BLOCK_SIZE, file.size);
    } finally {
      closeSync(tar);
    }
  }

  #read(at: number, length: number): Buffer {
    return readWhole(this.#image, at, length);
  }
}

export function isDirectory({ mode }: ImageFile): boolean {
  return (mode & erofs.S_IFMT) === erofs.S_IFDIR;
}

export function isRegular({ mode }: ImageFile): boolean {
  return (mode & erofs.S_IFMT) === erofs.S_IFREG;
}

export function isSymlink({ mode }: ImageFile): boolean {
  return (mode & erofs.S_IFMT) === erofs.S_IFLNK;
}

function* listBlock(block: Buffer): Generator<readonly [ByteString, number]> {
  const count = block.readUInt16LE(8) / erofs.DIRENT_SIZE;
  for (let i = 0; i < count; i++) {
    const at = i * erofs.DIRENT_SIZE;
    const start = block.readUInt16LE(at + 8);
    const end = i + 1 < count ? block.readUInt16LE(at + erofs.DIRENT_SIZE + 8) : endOfNames(block, start);
    yield [block.toString('latin1', start, end), Number(block.readBigUInt64LE(at))];
  }
}

/** The last name of a block ends with it or at the first zero. */
function endOfNames(block: Buffer, start: number): number {
  const zero = block.indexOf(0, start);
  return zero < 0 ? block.length : zero;
}

function readWhole(file: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, at) !== length) throw damaged();
  return bytes;
}

function damaged(): EngineError {
  return new EngineError('internal', 'the image of a layer is damaged');
}
