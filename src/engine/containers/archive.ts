import { posix } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { type EntryKind, type EntrySink, type FileEntry, fromByteString } from '../../platform/tar/file-entry.js';
import type { ByteStream, Cancellable, PathStat, WriteArchiveOptions } from '../engine.js';
import { resolveUser } from '../isolation/users.js';
import type { RootSpec } from '../layers/root-spec.js';
import { endsInside, streamPath } from '../layers/stream-path.js';
import { startUnpacking } from '../layers/unpack-role.js';
import { walk } from '../layers/walk-role.js';
import type { ContainerRecord } from './container-record.js';
import { type FileParts, findContainerRoot } from './container-root.js';
import { readUserFiles } from './read-root-file.js';

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
  const entry = await readEntry(parts, record, {
    root: await findContainerRoot(parts, record, 'read'),
    path,
  });
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
  const root = await findContainerRoot(parts, record, 'read');
  await readEntry(parts, record, { root, path });
  parts.store.tell(record, { action: 'archive-path' });
  return streamPath({ program: parts.program, root, path, ...(options.signal && { signal: options.signal }) });
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
  const root = await findContainerRoot(parts, record, 'write');
  const { kind } = await readEntry(parts, record, { root, path, follow: true });
  if (kind !== 'directory') throw new EngineError('invalid-argument', 'extraction point is not a directory');
  refuseReadOnly(record, path);
  const owner = options.copyUidGid === true ? await findOwner(parts, record) : undefined;
  const unpacking = startUnpacking({
    program: parts.program,
    root,
    base: posix.resolve('/', path).slice(1),
    keepKind: options.noOverwriteDirNonDir === true,
  });
  const { unpackTar } = await import('./unpack-tar.js');
  await unpackTar(unpacking, tar, {
    ...options,
    through: (sink) => (owner === undefined ? sink : ownedBy(owner, sink)),
  });
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

/** What is mounted at the path or nearest above it decides, in Docker's words. */
function refuseReadOnly({ config, mounts }: ContainerRecord, path: string): void {
  const absolute = `${posix.resolve('/', path)}/`;
  const [mount] = mounts
    .map(({ target, readOnly }) => ({ target: `${posix.resolve('/', target)}/`, readOnly }))
    .filter(({ target }) => absolute.startsWith(target))
    .toSorted((one, other) => other.target.length - one.target.length);
  if (mount?.readOnly === true) throw new EngineError('permission-denied', 'mounted volume is marked read-only');
  if (mount === undefined && config.security?.readOnlyRootfs === true) {
    throw new EngineError('permission-denied', 'container rootfs is marked read-only');
  }
}

type Owner = Pick<FileEntry, 'uid' | 'gid'>;

/** The user whom the container's programs run as; undefined where it names none: then the tar says whose the files are. */
async function findOwner({ layers, program }: FileParts, { id, process }: ContainerRecord): Promise<Owner | undefined> {
  if (process.user === '') return undefined;
  const { uid, gid } = resolveUser(process.user, [], await readUserFiles(program, layers.writable.get(id)));
  return { uid, gid };
}

function ownedBy(owner: Owner, sink: EntrySink): EntrySink {
  return {
    entry: (entry) => sink.entry({ ...entry, ...owner }),
    content: (bytes) => sink.content(bytes),
  };
}
