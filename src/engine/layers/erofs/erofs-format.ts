import type { ByteString } from '../../../platform/tar/file-entry.js';

/**
 * What writer and reader of an image agree on: metadata alone, in blocks of 512 bytes, so that the content of a file can be where it
 * stands in a tar, which the kernel takes as a second device. Linux, fs/erofs/erofs_fs.h.
 */
export const BLOCK_BITS = 9;
export const BLOCK_SIZE = 1 << BLOCK_BITS;
export const SUPERBLOCK_AT = 1024;
export const SUPERBLOCK_SIZE = 128;
export const DEVICE_SLOT_SIZE = 128;
export const DEVICE_SLOT_AT = SUPERBLOCK_AT + SUPERBLOCK_SIZE;
/** Where inodes begin, the root's first; numbers of inodes count from here. */
export const META_AT = 1536;
export const MAGIC = 0xe0f5e1e2;
/** CHUNKED_FILE and DEVICE_TABLE. */
export const FEATURES = 0x4 | 0x8;

/** Of an extended inode, and what one step of an inode's number is worth. */
export const INODE_SIZE = 64;
export const NID_SIZE = 32;

/** Where the data of an inode is: in blocks of its own, behind the inode, or in chunks that an index behind the inode names. */
export const FLAT_PLAIN = 0;
export const FLAT_INLINE = 2;
export const CHUNK_BASED = 4;

export const CHUNK_INDEX_SIZE = 8;
/** Content is found by chunk indexes of 8 bytes; in the low five bits how many bits a chunk has more than a block. */
export const CHUNK_INDEXES = 0x20;
/** Bits of the one chunk that a file is. */
export const CHUNK_BITS_MAX = BLOCK_BITS + 0x1f;

export const DIRENT_SIZE = 12;
export const NAME_MAX = 255;
export const XATTR_HEAD = 12;
export const XATTR_ENTRY = 4;

export const S_IFMT = 0o170000;
export const S_IFDIR = 0o040000;
export const S_IFREG = 0o100000;
export const S_IFLNK = 0o120000;
export const S_IFCHR = 0o020000;
export const S_IFBLK = 0o060000;
export const S_IFIFO = 0o010000;

/** Those that the kernel keeps as a number in place of the beginning of the name. */
const XATTR_PREFIXES: readonly (readonly [ByteString, number])[] = [
  ['user.', 1],
  ['system.posix_acl_access', 2],
  ['system.posix_acl_default', 3],
  ['trusted.', 4],
  ['security.', 6],
];

/** Undefined for a name that an image cannot have. */
export function splitXattrName(name: ByteString): { readonly index: number; readonly rest: ByteString } | undefined {
  for (const [prefix, index] of XATTR_PREFIXES) {
    if (name.startsWith(prefix)) return { index, rest: name.slice(prefix.length) };
  }
  return undefined;
}

export function alignTo(value: number, size: number): number {
  return Math.ceil(value / size) * size;
}

/** An integer, negative ones too, in little endian. */
export function write64(bytes: Buffer, at: number, value: number): void {
  bytes.writeUInt32LE(value >>> 0, at);
  bytes.writeInt32LE(Math.floor(value / 2 ** 32), at + 4);
}
