import { cleanEntryPath } from './entry-path.js';
import {
  type ByteString,
  contentLength,
  type EntryKind,
  type EntrySink,
  type FileEntry,
  type Segment,
} from './file-entry.js';
import { formatPaxRecords } from './pax-records.js';
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
const INT32_MAX = 0x7fffffff;
const MINUS = '-';
const USTAR = Buffer.from('ustar\x0000', 'latin1');
/** Of what every header has: the checksum itself counts as eight spaces. */
const SUM_OF_ALL = USTAR.reduce((sum, byte) => sum + byte, 8 * 0x20);
/** Of what hides something. */
const MARK_MODE = 0o600;
/** A file system's names are names of an archive too, but for their length. */
const PLAIN_PATH_MAX = 4000;
const CHUNK_SIZE = 1 << 17;
/** Content of this length is handed on as it came; less is copied behind the header. */
const WHOLE_MIN = 1 << 15;
const ZEROS = Buffer.alloc(WHOLE_MIN - 1);

export interface TarWriterOptions {
  /** Leave holes out, in a form that GNU tar reads. */
  readonly sparse?: boolean;
  /** Whoever is written to has no use for the bytes after the call: one buffer is enough. */
  readonly reuse?: boolean;
}

/**
 * Writes a tar of what is put into it: ustar, with PAX headers where ustar cannot say it. Whiteouts and opaque
 * directories get the names that a layer has for them (OCI image-spec, layer.md, "Whiteouts"). Files with holes are
 * written in full, as layer.md asks, unless `sparse` says otherwise. The same entries always give the same bytes.
 */
export class TarWriter implements EntrySink {
  readonly #write: (bytes: Buffer) => void;
  readonly #isSparse: boolean;
  readonly #reuses: boolean;
  /** Zeros where nothing has been written. */
  #chunk = Buffer.alloc(CHUNK_SIZE);
  /** What is written into the chunk and not handed on yet. */
  #from = 0;
  #to = 0;
  #handedOn = 0;
  #headers = 0;
  #padding = 0;
  #left = 0;
  #holes: { readonly segments: readonly { offset: number; length: number }[]; readonly size: number } | undefined;
  #segment = 0;
  #inSegment = 0;
  #written = 0;

  /** `write` gets buffers that are its own to keep unless `reuse` is set, except for large content, which is handed on as it came. */
  constructor(write: (bytes: Buffer) => void, { sparse = false, reuse = false }: TarWriterOptions = {}) {
    this.#write = write;
    this.#isSparse = sparse;
    this.#reuses = reuse;
  }

  /** Bytes of the archive so far: after an entry, where its content begins. */
  get position(): number {
    return this.#handedOn + this.#to - this.#from;
  }

  /** Headers so far, extended ones too. */
  get headers(): number {
    return this.#headers;
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
    this.#writeHeader(toFields(entry, path, size));
    this.#left = contentLength(entry);
    this.#padding = (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
    this.#holes = entry.segments === undefined ? undefined : { segments: entry.segments, size };
    this.#segment = 0;
    this.#inSegment = 0;
    this.#written = 0;
    if (this.#left === 0) this.#endEntry();
  }

  content(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    if (this.#holes === undefined) this.#put(bytes);
    else this.#writeSegments(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    if (this.#left === 0) this.#endEntry();
  }

  finish(): void {
    this.#endEntry();
    this.#put(ZEROS.subarray(0, 2 * BLOCK_SIZE));
    this.#handOn();
  }

  #put(bytes: Uint8Array): void {
    if (bytes.length >= WHOLE_MIN) {
      this.#handOn();
      this.#handedOn += bytes.length;
      this.#write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
    } else if (bytes.length > 0) {
      const at = this.#makeRoom(bytes.length);
      this.#chunk.set(bytes, at);
    }
  }

  /** Where the next bytes are to be written, zeros as yet, of a length that a chunk has room for. */
  #makeRoom(length: number): number {
    if (CHUNK_SIZE - this.#to < length) {
      this.#handOn();
      if (!this.#reuses) this.#chunk = Buffer.alloc(CHUNK_SIZE);
      this.#from = 0;
      this.#to = 0;
    }
    const at = this.#to;
    this.#to += length;
    return at;
  }

  #handOn(): void {
    if (this.#from === this.#to) return;
    this.#handedOn += this.#to - this.#from;
    this.#write(this.#chunk.subarray(this.#from, this.#to));
    if (this.#reuses) {
      this.#chunk.fill(0, 0, this.#to);
      this.#to = 0;
    }
    this.#from = this.#to;
  }

  #writeHeader(fields: HeaderFields): void {
    this.#headers++;
    const at = this.#makeRoom(BLOCK_SIZE);
    writeFields(this.#chunk, at, fields);
  }

  /** As GNU tar's PAX format 1.0 has it: the name and size are in the extended header, the map is in front of the content. */
  #writeSparse(entry: FileEntry, segments: readonly Segment[]): void {
    const prefix = formatSparsePrefix(segments, entry.sizeBytes);
    const size = prefix.length + contentLength(entry);
    const name = entry.path.slice(entry.path.lastIndexOf('/') + 1);
    const path = `GNUSparseFile.0/${name}`.slice(0, 100);
    const records = toPaxRecords(entry, path, size);
    this.#writeExtendedHeader(path, [
      ['GNU.sparse.major', '1'],
      ['GNU.sparse.minor', '0'],
      ['GNU.sparse.name', entry.path],
      ['GNU.sparse.realsize', String(entry.sizeBytes)],
      ...records,
    ]);
    this.#writeHeader(toFields(entry, path, size));
    this.#put(prefix);
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
      this.#put(part);
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
    for (let left = length; left > 0; left -= ZEROS.length) this.#put(ZEROS.subarray(0, Math.min(left, ZEROS.length)));
    this.#written += length;
  }

  #endEntry(): void {
    if (this.#holes !== undefined) this.#writeZeros(this.#holes.size - this.#written);
    this.#holes = undefined;
    if (this.#padding > 0) this.#makeRoom(this.#padding);
    this.#padding = 0;
  }

  #writeExtendedHeader(path: ByteString, records: readonly PaxField[]): void {
    const body = formatPaxRecords(records);
    const name = `PaxHeaders.0/${path.slice(path.lastIndexOf('/', path.length - 2) + 1)}`;
    this.#writeHeader({ name, type: 'x', mode: 0o644, size: body.length });
    if (body.length < WHOLE_MIN) {
      const at = this.#makeRoom(body.length);
      this.#chunk.write(body, at, 'latin1');
    } else {
      this.#put(Buffer.from(body, 'latin1'));
    }
    this.#makeRoom((BLOCK_SIZE - (body.length % BLOCK_SIZE)) % BLOCK_SIZE);
  }
}

/** What a reader of the archive tells of an entry that was written without holes. Throws what the reader would. */
export function toStoredEntry(entry: FileEntry, contentAt: number): FileEntry {
  const isMark = entry.kind === 'whiteout' || entry.kind === 'opaque';
  const isPlain = !isMark && entry.path.length < PLAIN_PATH_MAX;
  const stored: FileEntry = {
    kind: isMark ? 'file' : entry.kind,
    path: isPlain ? entry.path : cleanEntryPath(toLayerPath(entry)),
    target: entry.target,
    mode: isMark ? MARK_MODE : entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    major: entry.major,
    minor: entry.minor,
    mtimeSeconds: entry.mtimeSeconds,
    mtimeNanoseconds: entry.mtimeNanoseconds,
    sizeBytes: entry.sizeBytes,
    contentAt,
  };
  return entry.xattrs === undefined ? stored : { ...stored, xattrs: toStoredXattrs(entry.xattrs) };
}

/** In an extended header a key ends at its first `=`. */
function toStoredXattrs(xattrs: ReadonlyMap<ByteString, Uint8Array>): ReadonlyMap<ByteString, Uint8Array> {
  const stored = new Map<ByteString, Uint8Array>();
  for (const [name, value] of xattrs) {
    const [key = '', ...rest] = name.split('=');
    const more = rest.map((part) => `${part}=`).join('');
    stored.set(key, more === '' ? value : Buffer.concat([Buffer.from(more, 'latin1'), value]));
  }
  return stored;
}

/** A field of an extended header, key and value as bytes. */
type PaxField = readonly [key: ByteString, value: ByteString];

function toLayerPath(entry: FileEntry): ByteString {
  if (entry.kind === 'directory') return entry.path === '' ? './' : `${entry.path}/`;
  if (entry.kind === 'opaque') return entry.path === '' ? '.wh..wh..opq' : `${entry.path}/.wh..wh..opq`;
  if (entry.kind !== 'whiteout') return entry.path;
  const slash = entry.path.lastIndexOf('/') + 1;
  return `${entry.path.slice(0, slash)}.wh.${entry.path.slice(slash)}`;
}

function toPaxRecords(entry: FileEntry, path: ByteString, size: number): readonly PaxField[] {
  const records: PaxField[] = [];
  if (path.length > 100 || !isAscii(path)) records.push(['path', path]);
  if (entry.target.length > 100 || !isAscii(entry.target)) records.push(['linkpath', entry.target]);
  if (size > OCTAL_11) records.push(['size', String(size)]);
  if (entry.uid > OCTAL_7) records.push(['uid', String(entry.uid)]);
  if (entry.gid > OCTAL_7) records.push(['gid', String(entry.gid)]);
  if (entry.mtimeNanoseconds !== 0 || entry.mtimeSeconds < 0 || entry.mtimeSeconds > OCTAL_11)
    records.push(['mtime', formatTime(entry)]);
  if (entry.xattrs === undefined) return records;
  for (const [name, value] of entry.xattrs)
    records.push([`SCHILY.xattr.${name}`, Buffer.from(value).toString('latin1')]);
  return records;
}

function formatTime(entry: FileEntry): string {
  if (entry.mtimeNanoseconds === 0) return String(entry.mtimeSeconds);
  const isNegative = entry.mtimeSeconds < 0;
  const seconds = isNegative ? -entry.mtimeSeconds - 1 : entry.mtimeSeconds;
  const nanoseconds = isNegative ? 1e9 - entry.mtimeNanoseconds : entry.mtimeNanoseconds;
  return `${isNegative ? MINUS : ''}${seconds}.${formatFraction(nanoseconds)}`;
}

/** Nine digits less the zeros at their end. */
function formatFraction(nanoseconds: number): string {
  let digits = 9;
  let value = nanoseconds;
  for (; value % 10 === 0 && value > 0; digits--) value /= 10;
  return String(value).padStart(digits, '0');
}

function isAscii(text: ByteString): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false;
  return true;
}

interface HeaderFields {
  readonly name: ByteString;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
  readonly entry?: FileEntry;
}

function toFields(entry: FileEntry, path: ByteString, size: number): HeaderFields {
  const isMark = entry.kind === 'whiteout' || entry.kind === 'opaque';
  return { name: path, type: TYPES[entry.kind], mode: isMark ? MARK_MODE : entry.mode, size, entry };
}

/** Into zeros. Fields too large for their place hold what fits: the extended header in front has the whole of it. */
function writeFields(block: Buffer, at: number, { name, type, mode, size, entry }: HeaderFields): void {
  const kind = type.charCodeAt(0);
  let sum = SUM_OF_ALL + kind;
  block[at + 156] = kind;
  block.set(USTAR, at + 257);
  sum += writeText(block, at, name);
  sum += writeOctal(block, at + 100, 8, mode);
  sum += writeOctal(block, at + 108, 8, entry === undefined || entry.uid > OCTAL_7 ? 0 : entry.uid);
  sum += writeOctal(block, at + 116, 8, entry === undefined || entry.gid > OCTAL_7 ? 0 : entry.gid);
  sum += writeOctal(block, at + 124, 12, size > OCTAL_11 ? 0 : size);
  sum += writeOctal(block, at + 136, 12, Math.min(Math.max(entry?.mtimeSeconds ?? 0, 0), OCTAL_11));
  if (entry !== undefined) sum += writeText(block, at + 157, entry.target);
  if (entry?.kind === 'character' || entry?.kind === 'block') {
    sum += writeOctal(block, at + 329, 8, entry.major);
    sum += writeOctal(block, at + 337, 8, entry.minor);
  }
  writeOctal(block, at + 148, 7, sum);
  block[at + 155] = 0x20;
}

/** Up to 100 bytes. Returns their sum, for the checksum. */
function writeText(block: Buffer, at: number, text: ByteString): number {
  const length = Math.min(text.length, 100);
  let sum = 0;
  for (let i = 0; i < length; i++) {
    const byte = text.charCodeAt(i) & 0xff;
    block[at + i] = byte;
    sum += byte;
  }
  return sum;
}

/** With a zero at the end. Returns the sum of the bytes. */
function writeOctal(block: Buffer, at: number, length: number, value: number): number {
  let sum = 0;
  let left = value;
  for (let i = at + length - 2; i >= at; i--) {
    const isSmall = left < INT32_MAX;
    const byte = 0x30 + (isSmall ? left & 7 : left % 8);
    block[i] = byte;
    sum += byte;
    left = isSmall ? left >> 3 : Math.floor(left / 8);
  }
  return sum;
}
