import type { ByteString } from '../../../platform/tar/file-entry.js';
import { alignTo, splitXattrName, XATTR_ENTRY, XATTR_HEAD } from './erofs-format.js';
import { NoImageError } from './no-image-error.js';

/** Of one inode, as the kernel allows it. xattr(7) */
const LENGTH_MAX = 0xffff;
const NOTHING = Buffer.alloc(0);

/** As they stand behind an inode; nothing where there are none. Throws NoImageError. */
export function encodeXattrs(xattrs: ReadonlyMap<ByteString, Uint8Array> | undefined): Buffer {
  if (xattrs === undefined || xattrs.size === 0) return NOTHING;
  const parts: Buffer[] = [Buffer.alloc(XATTR_HEAD)];
  for (const [name, value] of xattrs) parts.push(encodeXattr(name, value));
  const bytes = Buffer.concat(parts);
  if (bytes.length > LENGTH_MAX) throw new NoImageError('a file has too many extended attributes');
  return bytes;
}

function encodeXattr(name: ByteString, value: Uint8Array): Buffer {
  const split = splitXattrName(name);
  if (split === undefined || split.rest.length > 0xff) throw new NoImageError(`the extended attribute ${name}`);
  const bytes = Buffer.alloc(alignTo(XATTR_ENTRY + split.rest.length + value.length, XATTR_ENTRY));
  bytes[0] = split.rest.length;
  bytes[1] = split.index;
  bytes.writeUInt16LE(value.length, 2);
  bytes.write(split.rest, XATTR_ENTRY, 'latin1');
  bytes.set(value, XATTR_ENTRY + split.rest.length);
  return bytes;
}
