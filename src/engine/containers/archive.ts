import { posix } from 'node:path';
import { EngineError } from '../../model/errors.js';
import {
  type EntryKind,
  type EntrySink,
  type FileEntry,
  fromByteString,
  toByteString,
} from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { guardExpansion } from '../content/expansion-guard.js';
import type { ByteStream, Cancellable, PathStat, WriteArchiveOptions } from '../engine.js';
import type { RootSpec } from '../layers/root-spec.js';
import { streamTar } from '../layers/stream-tar.js';
import { startUnpacking } from '../layers/unpack-role.js';
import { walk } from '../layers/walk-role.js';
import type { ContainerRecord } from './container-record.js';
import { type FileParts, findContainerRoot } from './container-root.js';

/** S_IF* of stat(2). */
const TYPE_BITS: Readonly<Record<EntryKind, number>> = {
  file: 0o100000,
  hardlink: 0o100000,
  directory: 0o040000,
  symlink: 0o120000,
  character: 0o020000,
  block: 0o060000,
  fifo: 0o010000,
  whiteout: 0,
  opaque: 0,
};

/** What is at a path of a container. A path that ends with `/` or `/.` means what a link there points to. */
export async function statContainerPath(parts: FileParts, ref: string, path: string): Promise<PathStat> {
  const record = parts.store.resolve(ref);
  const entry = await readEntry(parts, record, { root: findContainerRoot(parts, record, 'read'), path });
  const absolute = posix.resolve('/', path);
  return {
    name: posix.basename(absolute) || '/',
    sizeBytes: entry.sizeBytes,
    mode: TYPE_BITS[entry.kind] | entry.mode,
    modifiedAtMs: entry.mtimeSeconds * 1_000 + Math.floor(entry.mtimeNanoseconds / 1e6),
    ...(entry.kind === 'symlink'
      ? { linkTarget: posix.resolve(posix.dirname(absolute), fromByteString(entry.target)) }
      : {}),
  };
}

/** A tar of what is at the path, its names beginning with the path's last part. */
export async function readContainerArchive(
  parts: FileParts,
  ref: string,
  path: string,
  options: Cancellable = {},
): Promise<ByteStream> {
  const record = parts.store.resolve(ref);
  const root = findContainerRoot(parts, record, 'read');
  await readEntry(parts, record, { root, path });
  const name = toByteString(posix.basename(posix.resolve('/', path)));
  parts.store.tell(record, { action: 'archive-path' });
  return streamTar({
    program: parts.program,
    root,
    start: path,
    follow: endsInside(path),
    map: (entry) => ({
      ...entry,
      path: joinBytes(name, entry.path),
      target: entry.kind === 'hardlink' ? joinBytes(name, entry.target) : entry.target,
    }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Unpacks a tar, plain or compressed, into a directory of a container. What was made before a failure stays. */
export async function writeContainerArchive(
  parts: FileParts,
  ref: string,
  path: string,
  source: { readonly tar: ByteStream; readonly options?: WriteArchiveOptions },
): Promise<void> {
  const record = parts.store.resolve(ref);
  const { tar, options = {} } = source;
  if (record.config.security?.readOnlyRootfs === true && !isBelowWritableMount(record, path)) {
    throw new EngineError('permission-denied', 'container rootfs is marked read-only');
  }
  const root = findContainerRoot(parts, record, 'write');
  const { kind } = await readEntry(parts, record, { root, path, follow: true });
  if (kind !== 'directory') throw new EngineError('invalid-argument', 'extraction point is not a directory');
  const unpacking = startUnpacking({
    program: parts.program,
    root,
    base: posix.resolve('/', path).slice(1),
    keepKind: options.noOverwriteDirNonDir === true,
  });
  const reader = new TarReader(options.copyUidGid === false ? ownedByRoot(unpacking) : unpacking);
  const guard = guardExpansion(tar, options.signal);
  let plainBytes = 0;
  try {
    for await (const bytes of decompress(guard.source)) {
      plainBytes += bytes.length;
      guard.check(plainBytes);
      reader.push(bytes);
      await unpacking.drain();
    }
    reader.finish();
    await unpacking.finish();
  } catch (error) {
    await unpacking.abort();
    throw error;
  }
  parts.store.tell(record, { action: 'extract-to-dir' });
}

async function readEntry(
  parts: FileParts,
  record: ContainerRecord,
  {
    root,
    path,
    follow = endsInside(path),
  }: { readonly root: RootSpec; readonly path: string; readonly follow?: boolean },
): Promise<FileEntry> {
  const found: FileEntry[] = [];
  const sink = { entry: (entry: FileEntry) => void found.push(entry), content: () => undefined };
  const options = { program: parts.program, root, start: path, flat: true, follow };
  await walk(options, sink, () => undefined).catch((error: unknown) => {
    if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
    throw new EngineError('not-found', `Could not find the file ${path} in container ${record.name}`, { cause: error });
  });
  const [entry] = found;
  if (entry !== undefined) return entry;
  throw new EngineError('invalid-argument', `${path} in container ${record.name} is a socket, which cannot be copied`);
}

function endsInside(path: string): boolean {
  return /\/\.?$/.test(path) || path === '.';
}

function isBelowWritableMount({ mounts }: ContainerRecord, path: string): boolean {
  const absolute = `${posix.resolve('/', path)}/`;
  return mounts.some(({ target, readOnly }) => !readOnly && absolute.startsWith(`${posix.resolve('/', target)}/`));
}

function joinBytes(name: string, path: string): string {
  return name === '' || path === '' ? name + path : `${name}/${path}`;
}

function ownedByRoot(sink: EntrySink): EntrySink {
  return {
    entry: (entry) => sink.entry({ ...entry, uid: 0, gid: 0 }),
    content: (bytes) => sink.content(bytes),
  };
}
