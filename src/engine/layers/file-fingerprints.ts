import type { ByteString, EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
import { createSparseHash, type SparseHash } from './sparse-hash.js';

const WHITEOUT = { text: 'whiteout' };
const OPAQUE = { text: 'opaque' };
const LINKS_MAX = 40;

/** What there is at one path. */
export interface FileFingerprint {
  /** Kind, mode, owner, size, target, device and a hash of the content. */
  readonly text: string;
  /** What else a file has; a mark has none of it. */
  readonly attributes?: FileAttributes;
}

export interface FileAttributes extends Pick<FileEntry, 'mtimeSeconds' | 'mtimeNanoseconds' | 'xattrs'> {
  /** The entries do not say which extended attributes there are in the end. */
  readonly hasUnknownXattrs: boolean;
}

/**
 * What the entries of a layer come to, path by path. Follows what native/unpack.c makes of entries that replace each other, so
 * that a tar and the folder that was made of it come to the same.
 */
export class FileFingerprints implements EntrySink {
  readonly files = new Map<ByteString, FileFingerprint>();
  readonly #links = new Map<ByteString, ByteString>();
  readonly #implied = new Set<ByteString>();
  #open: { readonly path: ByteString; readonly print: FileFingerprint; readonly hash: SparseHash } | undefined;

  entry(entry: FileEntry): void {
    this.finish();
    const path = this.#followParents(entry.path);
    for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
      this.#implied.add(path.slice(0, slash));
    }
    if (entry.kind === 'whiteout') this.#putWhiteout(path);
    else if (entry.kind === 'opaque') this.#putOpaque(path);
    else if (entry.kind === 'directory') this.#putDirectory(entry, path);
    else this.#putOther(entry, path);
  }

  content(bytes: Uint8Array): void {
    this.#open?.hash.update(bytes);
  }

  /** To be called after the last entry. */
  finish(): void {
    if (this.#open === undefined) return;
    const { path, print, hash } = this.#open;
    this.files.set(path, { ...print, text: `${print.text} ${hash.finish()}` });
    this.#open = undefined;
  }

  /** True for a directory that was made because something is in it. */
  isImplied(path: ByteString): boolean {
    return this.#implied.has(path);
  }

  /** What the layer itself has there stays, and hides what is below. */
  #putWhiteout(path: ByteString): void {
    if (this.#isDirectory(path)) this.files.set(opaqueOf(path), OPAQUE);
    else if (!this.files.has(path)) this.files.set(path, WHITEOUT);
  }

  #putOpaque(path: ByteString): void {
    this.#implied.add(path);
    this.files.set(opaqueOf(path), OPAQUE);
  }

  #putDirectory(entry: FileEntry, path: ByteString): void {
    const isHiding = this.files.get(path) === WHITEOUT;
    if (!this.#isDirectory(path)) this.#clear(path);
    if (isHiding) this.files.set(opaqueOf(path), OPAQUE);
    // Of a directory that is named twice some drivers keep the extended attributes of both, others those of the last.
    const before = this.files.get(path)?.attributes;
    this.files.set(path, fingerprint(entry, before?.hasUnknownXattrs === true || before?.xattrs !== undefined));
  }

  #putOther(entry: FileEntry, path: ByteString): void {
    const linked = entry.kind === 'hardlink' ? this.files.get(this.#followParents(entry.target)) : undefined;
    this.#clear(path);
    if (entry.kind === 'file') this.#open = { path, print: fingerprint(entry), hash: createSparseHash(entry) };
    else this.files.set(path, linked ?? fingerprint(entry));
    if (entry.kind === 'symlink') this.#links.set(path, entry.target);
  }

  #isDirectory(path: ByteString): boolean {
    return this.#implied.has(path) || this.files.get(path)?.text.startsWith('directory') === true;
  }

  #clear(path: ByteString): void {
    for (const all of [this.files, this.#links, this.#implied]) {
      if (this.#isDirectory(path)) deleteBelow(all, `${path}/`);
    }
    this.files.delete(path);
    this.files.delete(opaqueOf(path));
    this.#links.delete(path);
    this.#implied.delete(path);
  }

  /** Entries can stand below what is a link in the same layer; such a link cannot lead out of the root. */
  #followParents(path: ByteString): ByteString {
    if (this.#links.size === 0) return path;
    const left = path.split('/');
    const done: string[] = [];
    for (let followed = 0; left.length > 1; ) {
      const part = left.shift() ?? '';
      if (part === '..') done.pop();
      if (part === '' || part === '.' || part === '..') continue;
      done.push(part);
      const target = this.#links.get(done.join('/'));
      if (target === undefined || ++followed > LINKS_MAX) continue;
      if (target.startsWith('/')) done.length = 0;
      else done.pop();
      left.unshift(...target.split('/'));
    }
    return [...done, ...left].join('/');
  }
}

function deleteBelow(all: { keys(): Iterable<ByteString>; delete(path: ByteString): boolean }, prefix: string): void {
  for (const path of [...all.keys()]) if (path.startsWith(prefix)) all.delete(path);
}

/** No path has a NUL. */
function opaqueOf(path: ByteString): ByteString {
  return `${path}\0`;
}

function fingerprint(entry: FileEntry, hasUnknownXattrs = false): FileFingerprint {
  const { mtimeSeconds, mtimeNanoseconds, xattrs } = entry;
  const named = xattrs === undefined || xattrs.size === 0 ? {} : { xattrs };
  return { text: describeEntry(entry), attributes: { mtimeSeconds, mtimeNanoseconds, hasUnknownXattrs, ...named } };
}

function describeEntry({ kind, mode, uid, gid, sizeBytes, target, major, minor }: FileEntry): string {
  const owner = `${kind} ${uid}:${gid}`;
  const bits = (mode & 0o7777).toString(8);
  if (kind === 'symlink') return `${owner} ${target}`;
  if (kind === 'file') return `${owner} ${bits} ${sizeBytes}`;
  return kind === 'character' || kind === 'block' ? `${owner} ${bits} ${major}:${minor}` : `${owner} ${bits}`;
}
