import { EngineError } from '../../model/errors.js';
import { cleanEntryPath, showPath } from './entry-path.js';
import type { ByteString, EntryKind, EntrySink, FileEntry, Segment } from './file-entry.js';
import { parsePaxRecords } from './pax-records.js';
import { checkSegments, parseSparsePrefix, readSparseBlock } from './sparse-map.js';
import { applyPaxRecord, checkId, checkSize, checkText, type TarAttributes } from './tar-attributes.js';
import { BLOCK_SIZE, parseTarHeader, readNumber, type TarHeader } from './tar-header.js';

export interface TarLimits {
  /** Default 4 million. */
  readonly entries?: number;
}

const EXTENDED_MAX = 1 << 20;
const SPARSE_PREFIX_MAX = 16 << 20;
const ENTRIES_MAX = 4_000_000;

const KINDS: Readonly<Record<string, EntryKind>> = {
  '0': 'file',
  '1': 'hardlink',
  '2': 'symlink',
  '3': 'character',
  '4': 'block',
  '5': 'directory',
  '6': 'fifo',
  '7': 'file',
  S: 'file',
};

/**
 * Reads a tar that is pushed to it in parts of any size: ustar, PAX, GNU long names, base 256 and sparse files. What is
 * hostile is refused here, before anything is made of it: paths and hard links that lead out, absurd sizes, names with
 * NUL, headers without end. Sources: pax(1), tar(5), "GNU tar: Basic Tar Format".
 */
export class TarReader {
  readonly #sink: EntrySink;
  readonly #limits: TarLimits;
  readonly #block = Buffer.alloc(BLOCK_SIZE);
  #filled = 0;
  /** Bytes of the archive before the part that was pushed, and those up to the end of the block that is read. */
  #pushed = 0;
  #position = 0;
  #state: 'header' | 'collect' | 'content' | 'sparse-block' | 'sparse-prefix' | 'ended' = 'header';
  #left = 0;
  #padding = 0;
  #collected: Buffer[] = [];
  #collecting = '';
  #attributes: TarAttributes = {};
  #pending: { header: TarHeader; realSize: number; segments: Segment[] } | undefined;
  #entries = 0;

  constructor(sink: EntrySink, limits: TarLimits = {}) {
    this.#sink = sink;
    this.#limits = limits;
  }

  push(bytes: Uint8Array): void {
    const chunk = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let at = 0;
    while (at < chunk.length && this.#state !== 'ended') at = this.#step(chunk, at);
    this.#pushed += chunk.length;
  }

  /** To be called at the end of the stream. Rejects an archive that is cut off. */
  finish(): void {
    if (this.#state !== 'ended') throw new EngineError('invalid-argument', 'the archive is cut off');
  }

  #step(chunk: Buffer, at: number): number {
    if (this.#left > 0) {
      const end = Math.min(chunk.length, at + this.#left);
      this.#take(chunk.subarray(at, end));
      this.#left -= end - at;
      if (this.#left === 0) this.#endContent();
      return end;
    }
    if (this.#padding > 0) {
      const end = Math.min(chunk.length, at + this.#padding);
      this.#padding -= end - at;
      return end;
    }
    return this.#readBlock(chunk, at);
  }

  #readBlock(chunk: Buffer, at: number): number {
    if (this.#filled === 0 && chunk.length - at >= BLOCK_SIZE) {
      this.#position = this.#pushed + at + BLOCK_SIZE;
      this.#readWholeBlock(chunk.subarray(at, at + BLOCK_SIZE));
      return at + BLOCK_SIZE;
    }
    const end = Math.min(chunk.length, at + BLOCK_SIZE - this.#filled);
    chunk.copy(this.#block, this.#filled, at, end);
    this.#filled += end - at;
    if (this.#filled === BLOCK_SIZE) {
      this.#filled = 0;
      this.#position = this.#pushed + end;
      this.#readWholeBlock(this.#block);
    }
    return end;
  }

  #readWholeBlock(block: Buffer): void {
    if (this.#state === 'sparse-block') this.#readSparseBlock(block, 0, 21);
    else if (this.#state === 'sparse-prefix') this.#readSparsePrefix(block);
    else this.#readHeader(block);
  }

  #take(part: Buffer): void {
    if (this.#state === 'collect') this.#collected.push(Buffer.from(part));
    else this.#sink.content(part);
  }

  #endContent(): void {
    if (this.#state === 'collect') this.#endExtendedHeader();
    this.#state = 'header';
  }

  #readHeader(block: Buffer): void {
    const header = parseTarHeader(block);
    if (header === undefined) {
      this.#state = 'ended';
      return;
    }
    checkSize(header.size);
    if ('xgLK'.includes(header.type)) this.#beginExtendedHeader(header);
    else if (header.type === 'S') this.#beginOldSparse(header, block);
    else if (this.#attributes.sparse?.mapInContent === true) this.#beginSparsePrefix(header);
    else this.#beginEntry(header, this.#attributes.sparse?.map);
  }

  #beginExtendedHeader(header: TarHeader): void {
    if (header.size > EXTENDED_MAX) throw refuse('an extended header larger than 1 MiB');
    this.#countEntry();
    this.#collected = [];
    this.#collecting = header.type;
    this.#state = 'collect';
    this.#expect(header.size);
    if (header.size === 0) this.#endContent();
  }

  #endExtendedHeader(): void {
    const bytes = Buffer.concat(this.#collected);
    this.#collected = [];
    // A global header speaks of the whole archive: what git and others put there is no property of a file.
    if (this.#collecting === 'g') void parsePaxRecords(bytes);
    else if (this.#collecting === 'x')
      for (const record of parsePaxRecords(bytes)) applyPaxRecord(this.#attributes, record);
    else {
      const text = bytes.toString('latin1');
      const name = checkText(text.endsWith('\0') ? text.slice(0, -1) : text);
      if (this.#collecting === 'L') this.#attributes.path = name;
      else this.#attributes.linkPath = name;
    }
  }

  #beginOldSparse(header: TarHeader, block: Buffer): void {
    this.#pending = { header, realSize: checkSize(readNumber(block, 483, 12)), segments: [] };
    this.#readSparseBlock(block, 386, 4);
  }

  #readSparseBlock(block: Buffer, offset: number, count: number): void {
    const { segments, more } = readSparseBlock(block, offset, count);
    const pending = this.#pending;
    if (pending === undefined) return;
    pending.segments.push(...segments);
    this.#countEntry();
    if (more) {
      this.#state = 'sparse-block';
      return;
    }
    this.#pending = undefined;
    this.#attributes.sparse = { realSize: pending.realSize };
    this.#beginEntry(pending.header, pending.segments);
  }

  #beginSparsePrefix(header: TarHeader): void {
    this.#pending = { header, realSize: 0, segments: [] };
    this.#collected = [];
    this.#state = 'sparse-prefix';
  }

  #readSparsePrefix(block: Buffer): void {
    const pending = this.#pending;
    if (pending === undefined) return;
    this.#collected.push(Buffer.from(block));
    if (this.#collected.length * BLOCK_SIZE > SPARSE_PREFIX_MAX) throw refuse('a sparse map larger than 16 MiB');
    const segments = parseSparsePrefix(Buffer.concat(this.#collected));
    if (segments === undefined) return;
    const prefix = this.#collected.length * BLOCK_SIZE;
    this.#pending = undefined;
    this.#collected = [];
    const size = (this.#attributes.size ?? pending.header.size) - prefix;
    this.#attributes.size = checkSize(size);
    this.#beginEntry(pending.header, segments);
  }

  #beginEntry(header: TarHeader, segments: readonly Segment[] | undefined): void {
    this.#countEntry();
    const attributes = this.#attributes;
    this.#attributes = {};
    const stored = attributes.size ?? header.size;
    const entry = toEntry(header, attributes, { segments, contentAt: this.#position });
    if (segments !== undefined) checkSegments(segments, entry.sizeBytes, stored);
    this.#state = 'content';
    // Programs write a size in the header of links and directories, and no content.
    this.#expect(entry.kind === 'file' ? stored : 0);
    this.#sink.entry(entry);
    if (this.#left === 0) this.#endContent();
  }

  #expect(size: number): void {
    this.#left = size;
    this.#padding = (BLOCK_SIZE - (size % BLOCK_SIZE)) % BLOCK_SIZE;
  }

  #countEntry(): void {
    this.#entries++;
    checkEntryCount(this.#entries, this.#limits.entries);
  }
}

/** Headers that an archive has, extended ones too. Throws invalid-argument where they are too many. */
export function checkEntryCount(count: number, most = ENTRIES_MAX): void {
  if (count > most) throw new EngineError('invalid-argument', `the archive has more than ${most} entries`);
}

interface EntryContent {
  readonly segments: readonly Segment[] | undefined;
  readonly contentAt: number;
}

function toEntry(header: TarHeader, attributes: TarAttributes, { segments, contentAt }: EntryContent): FileEntry {
  const rawPath = attributes.sparse?.name ?? attributes.path ?? header.name;
  const kind = toKind(header.type, rawPath);
  const rawTarget = attributes.linkPath ?? header.linkName;
  const size = attributes.sparse?.realSize ?? attributes.size ?? header.size;
  return {
    kind,
    path: cleanEntryPath(checkText(rawPath)),
    target: toTarget(kind, rawTarget, rawPath),
    mode: header.mode,
    uid: attributes.uid ?? checkId(header.uid),
    gid: attributes.gid ?? checkId(header.gid),
    major: isDevice(kind) ? header.major : 0,
    minor: isDevice(kind) ? header.minor : 0,
    mtimeSeconds: attributes.mtime?.seconds ?? header.mtime,
    mtimeNanoseconds: attributes.mtime?.nanoseconds ?? 0,
    sizeBytes: kind === 'file' ? size : 0,
    contentAt,
    ...(attributes.xattrs === undefined ? {} : { xattrs: attributes.xattrs }),
    ...(segments === undefined ? {} : { segments }),
  };
}

function toKind(type: string, path: ByteString): EntryKind {
  const kind = KINDS[type];
  if (kind === undefined) throw refuse(`the unknown type "${type}" at "${showPath(path)}"`);
  // Before ustar a directory was a file with a slash at its end.
  return kind === 'file' && path.endsWith('/') ? 'directory' : kind;
}

function toTarget(kind: EntryKind, target: ByteString, path: ByteString): ByteString {
  if (kind === 'hardlink') return toLinkedPath(target, path);
  if (kind !== 'symlink') return '';
  if (target === '' || target.length > 4095) throw refuse(`a symbolic link to nowhere at "${showPath(path)}"`);
  return target;
}

function toLinkedPath(target: ByteString, path: ByteString): ByteString {
  const linked = cleanEntryPath(target);
  if (linked === '' || linked === cleanEntryPath(path)) {
    throw refuse(`a hard link at "${showPath(path)}" to itself or to the root`);
  }
  return linked;
}

function isDevice(kind: EntryKind): boolean {
  return kind === 'character' || kind === 'block';
}

function refuse(what: string): EngineError {
  return new EngineError('invalid-argument', `the archive has ${what}`);
}
