import {
  type ByteString,
  contentLength,
  type EntryKind,
  type EntrySink,
  type FileEntry,
  type Segment,
} from './file-entry.js';
import { formatPaxRecords, type PaxRecord } from './pax-records.js';
import { formatSparsePrefix } from './sparse-map.js';
import { BLOCK_SIZE } from './tar-header.js';

const TYPES: Readonly<Record<EntryKind, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  character: '3',
  block: '4',
  directory: '5',
  fifo: '6',
  whiteout: '0',
  opaque: '0',
};

const OCTAL_7 = 0o7777777;
const OCTAL_11 = 0o77777777777;
const MINUS = '-';

export interface TarWriterOptions {
  /** Leave holes out, in a form that GNU tar reads. */
  readonly sparse?: boolean;
}

/**
 * Writes a tar of what is put into it: ustar, with PAX headers where ustar cannot say it. Whiteouts and opaque
 * directories get the names that a layer has for them (OCI image-spec, layer.md, "Whiteouts"). Files with holes are
 * written in full, as layer.md asks, unless `sparse` says otherwise. The same entries always give the same bytes.
 */
export class TarWriter implements EntrySink {
  readonly #write: (bytes: Buffer) => void;
  readonly #isSparse: boolean;
  #padding = 0;
  #left = 0;
  #holes: { readonly segments: readonly { offset: number; length: number }[]; readonly size: number } | undefined;
  #segment = 0;
  #inSegment = 0;
  #written = 0;

  /** `write` gets buffers that are its own to keep, except for content, which is handed on as it came. */
  constructor(write: (bytes: Buffer) => void, { sparse = false }: TarWriterOptions = {}) {
    this.#write = write;
    this.#isSparse = sparse;
  }

  entry(entry: FileEntry): void {
    this.#endEntry();
    if (this.#isSparse && entry.segments !== undefined) {
      this.#writeSparse(entry, entry.segments);
      return;
    }
    const path = toLayerPath(entry);
    const size = entry.kind === 'file' ? entry.sizeBytes : 0;
    const records = toPaxRecords(entry, path, size);
    if (records.length > 0) this.#writeExtendedHeader(path, records);
    this.#write(formatHeader(entry, path, size));
    this.#left = contentLength(entry);
    this.#padding = (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
    this.#holes = entry.segments === undefined ? undefined : { segments: entry.segments, size };
    this.#segment = 0;
    this.#inSegment = 0;
    this.#written = 0;
    if (this.#left === 0) this.#endEntry();
  }

  content(bytes: Uint8Array): void {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#left -= buffer.length;
    if (this.#holes === undefined) this.#write(buffer);
    else this.#writeSegments(buffer);
    if (this.#left === 0) this.#endEntry();
  }

  finish(): void {
    this.#endEntry();
    this.#write(Buffer.alloc(2 * BLOCK_SIZE));
  }

  /** As GNU tar's PAX format 1.0 has it: the name and size are in the extended header, the map is in front of the content. */
  #writeSparse(entry: FileEntry, segments: readonly Segment[]): void {
    const prefix = formatSparsePrefix(segments, entry.sizeBytes);
    const size = prefix.length + contentLength(entry);
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const path = `GNUSparseFile.0/${name}`.slice(0, 100);
    const records = toPaxRecords(entry, path, size);
    const text = (value: string) => Buffer.from(value, 'latin1');
    this.#writeExtendedHeader(path, [
      ['GNU.sparse.major', text('1')],
      ['GNU.sparse.minor', text('0')],
      ['GNU.sparse.name', text(entry.path)],
      ['GNU.sparse.realsize', text(String(entry.sizeBytes))],
      ...records,
    ]);
    this.#write(formatHeader(entry, path, size));
    this.#write(prefix);
    this.#left = contentLength(entry);
    this.#padding = (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
    if (this.#left === 0) this.#endEntry();
  }

  #writeSegments(buffer: Buffer): void {
    for (let at = 0; at < buffer.length; ) {
      const segment = this.#holes?.segments[this.#segment];
      if (segment === undefined) return;
      if (this.#inSegment === 0) this.#writeZeros(segment.offset - this.#written);
      const part = buffer.subarray(at, at + segment.length - this.#inSegment);
      this.#write(part);
      this.#written += part.length;
      this.#inSegment += part.length;
      at += part.length;
      if (this.#inSegment === segment.length) {
        this.#segment++;
        this.#inSegment = 0;
      }
    }
  }

  #writeZeros(length: number): void {
    const zeros = Buffer.alloc(Math.min(length, 1 << 20));
    for (let left = length; left > 0; left -= zeros.length)
      this.#write(zeros.subarray(0, Math.min(left, zeros.length)));
    this.#written += length;
  }

  #endEntry(): void {
    if (this.#holes !== undefined) this.#writeZeros(this.#holes.size - this.#written);
    this.#holes = undefined;
    if (this.#padding > 0) this.#write(Buffer.alloc(this.#padding));
    this.#padding = 0;
  }

  #writeExtendedHeader(path: ByteString, records: readonly PaxRecord[]): void {
    const body = formatPaxRecords(records);
    const name = `PaxHeaders.0/${path.slice(path.lastIndexOf('/', path.length - 2) + 1)}`.slice(0, 100);
    const block = Buffer.alloc(BLOCK_SIZE);
    writeFields(block, { name, type: 'x', mode: 0o644, size: body.length });
    this.#write(block);
    this.#write(body);
    const padding = (BLOCK_SIZE - (body.length % BLOCK_SIZE)) % BLOCK_SIZE;
    if (padding > 0) this.#write(Buffer.alloc(padding));
  }
}

function toLayerPath(entry: FileEntry): ByteString {
  if (entry.kind === 'directory') return entry.path === '' ? './' : `${entry.path}/`;
  if (entry.kind === 'opaque') return entry.path === '' ? '.wh..wh..opq' : `${entry.path}/.wh..wh..opq`;
  if (entry.kind !== 'whiteout') return entry.path;
  const slash = entry.path.lastIndexOf('/') + 1;
  return `${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`;
}

function toPaxRecords(entry: FileEntry, path: ByteString, size: number): readonly PaxRecord[] {
  const records: PaxRecord[] = [];
  const add = (key: string, value: string) => records.push([key, Buffer.from(value, 'latin1')]);
  if (path.length > 100 || !isAscii(path)) add('path', path);
  if (entry.target.length > 100 || !isAscii(entry.target)) add('linkpath', entry.target);
  if (size > OCTAL_11) add('size', String(size));
  if (entry.uid > OCTAL_7) add('uid', String(entry.uid));
  if (entry.gid > OCTAL_7) add('gid', String(entry.gid));
  if (entry.mtimeNanoseconds !== 0 || entry.mtimeSeconds < 0 || entry.mtimeSeconds > OCTAL_11)
    add('mtime', formatTime(entry));
  for (const [name, value] of entry.xattrs ?? []) records.push([`SCHILY.xattr.${name}`, Buffer.from(value)]);
  return records;
}

function formatTime(entry: FileEntry): string {
  if (entry.mtimeNanoseconds === 0) return String(entry.mtimeSeconds);
  const isNegative = entry.mtimeSeconds < 0;
  const seconds = isNegative ? -entry.mtimeSeconds - 1 : entry.mtimeSeconds;
  const nanoseconds = isNegative ? 1e9 - entry.mtimeNanoseconds : entry.mtimeNanoseconds;
  const fraction = String(nanoseconds).padStart(9, '0').replace(/0+$/, '');
  return `${isNegative ? MINUS : ''}${seconds}.${fraction}`;
}

function isAscii(text: ByteString): boolean {
  return !/[\x80-\xff]/.test(text);
}

function formatHeader(entry: FileEntry, path: ByteString, size: number): Buffer {
  const block = Buffer.alloc(BLOCK_SIZE);
  const isMark = entry.kind === 'whiteout' || entry.kind === 'opaque';
  writeFields(block, {
    name: path,
    type: TYPES[entry.kind],
    mode: isMark ? 0o600 : entry.mode,
    size,
    entry,
  });
  return block;
}

interface HeaderFields {
  readonly name: ByteString;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly entry?: FileEntry;
}

/** Fields too large for their place hold what fits: the extended header in front has the whole of it. */
function writeFields(block: Buffer, fields: HeaderFields): void {
  const { entry } = fields;
  block.write(fields.name, 0, 100, 'latin1');
  writeOctal(block, 100, 8, fields.mode);
  writeOctal(block, 108, 8, entry === undefined || entry.uid > OCTAL_7 ? 0 : entry.uid);
  writeOctal(block, 116, 8, entry === undefined || entry.gid > OCTAL_7 ? 0 : entry.gid);
  writeOctal(block, 124, 12, fields.size > OCTAL_11 ? 0 : fields.size);
  writeOctal(block, 136, 12, Math.min(Math.max(entry?.mtimeSeconds ?? 0, 0), OCTAL_11));
  block[156] = fields.type.charCodeAt(0);
  if (entry !== undefined) block.write(entry.target, 157, 100, 'latin1');
  block.write('ustar\x0000', 257, 8, 'latin1');
  if (entry?.kind === 'character' || entry?.kind === 'block') {
    writeOctal(block, 329, 8, entry.major);
    writeOctal(block, 337, 8, entry.minor);
  }
  block.fill(0x20, 148, 156);
  let sum = 0;
  for (const byte of block) sum += byte;
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 8, 'latin1');
}

function writeOctal(block: Buffer, offset: number, length: number, value: number): void {
  block.write(value.toString(8).padStart(length - 1, '0'), offset, length - 1, 'latin1');
}
