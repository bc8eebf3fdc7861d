import { mkdirSync } from 'node:fs';
import { removeSmall } from '../../platform/staging.js';
import type { ByteString, EntryKind, FileEntry } from '../../platform/tar/file-entry.js';
import { startUnpacking } from './unpack-role.js';
import { walk } from './walk-role.js';

/** An entry with the time and the extended attributes that a file which is made of it has when it is read again. */
export type KeepAttributes = (entry: FileEntry) => FileEntry;

/** For a layer that is an image: all but lists of access rights, which a walk does not tell (native/changes.c). */
export function keepTold(entry: FileEntry): FileEntry {
  return withXattrs(entry, (name) => !name.startsWith('system.'));
}

/** Kinds that may differ in what extended attributes they can have. Devices are as pipes. xattr(7) */
const KINDS = ['file', 'directory', 'symlink', 'fifo'] as const;
const NAMESPACES = ['user.', 'trusted.', 'security.'];
/** More seconds than any file system has, to either side. */
const FAR_SECONDS = 2 ** 62;
const NANOSECONDS = 123_456_789;
const SECOND = 1e9;

/**
 * What a file system keeps, by making files in a folder, which is made and deleted, and reading them again: some keep whole
 * seconds, most have a first and a last one, and not all have every kind of extended attribute. inode_timestamps(7), xattr(7)
 */
export async function probeKeptAttributes(program: string, folder: string): Promise<KeepAttributes> {
  mkdirSync(folder, { mode: 0o700 });
  try {
    const root = { kind: 'directory', path: folder } as const;
    const unpacking = startUnpacking({ program, root });
    for (const entry of listTrials()) unpacking.entry(entry);
    await unpacking.finish();
    const kept = new Map<string, FileEntry>();
    const sink = { entry: (entry: FileEntry) => void kept.set(entry.path, entry), content: () => undefined };
    await walk({ program, root }, sink, () => undefined);
    return toKeeper(kept);
  } finally {
    removeSmall(folder);
  }
}

function listTrials(): readonly FileEntry[] {
  const plain: FileEntry = {
    ...{ kind: 'file', path: '', target: '', mode: 0o600, uid: 0, gid: 0, major: 0, minor: 0, sizeBytes: 0 },
    ...{ mtimeSeconds: 0, mtimeNanoseconds: 0 },
  };
  const times: readonly FileEntry[] = [
    { ...plain, path: 'first', mtimeSeconds: -FAR_SECONDS },
    { ...plain, path: 'last', mtimeSeconds: FAR_SECONDS },
    { ...plain, path: 'exact', mtimeSeconds: SECOND, mtimeNanoseconds: NANOSECONDS },
  ];
  return [...times, ...KINDS.map((kind) => ({ ...plain, kind, path: kind, target: 'x', xattrs: listNames(kind) }))];
}

/** The kernel refuses those of users where a mode does not say who may write them. */
function listNames(kind: EntryKind): ReadonlyMap<ByteString, Uint8Array> {
  const namespaces = NAMESPACES.filter((name) => name !== 'user.' || kind === 'file' || kind === 'directory');
  return new Map(namespaces.map((name) => [`${name}gantry`, Buffer.from('kept')]));
}

function toKeeper(kept: ReadonlyMap<string, FileEntry>): KeepAttributes {
  const first = kept.get('first')?.mtimeSeconds ?? -FAR_SECONDS;
  const last = kept.get('last')?.mtimeSeconds ?? FAR_SECONDS;
  const grain = toGrain(kept.get('exact')?.mtimeNanoseconds ?? NANOSECONDS);
  const hasXattr = (kind: EntryKind, name: ByteString) => {
    const like = kind === 'character' || kind === 'block' ? 'fifo' : kind;
    const namespace = name.slice(0, name.indexOf('.') + 1);
    return kept.get(like)?.xattrs?.has(`${namespace}gantry`) === true;
  };
  return (entry) => {
    const mtimeSeconds = Math.min(Math.max(entry.mtimeSeconds, first), last);
    const isEnd = mtimeSeconds === first || mtimeSeconds === last;
    const mtimeNanoseconds = isEnd ? 0 : entry.mtimeNanoseconds - (entry.mtimeNanoseconds % grain);
    return { ...withXattrs(entry, (name) => hasXattr(entry.kind, name)), mtimeSeconds, mtimeNanoseconds };
  };
}

/** The largest part of a second, a power of ten of nanoseconds, that what is left of `NANOSECONDS` is a multiple of. */
function toGrain(nanoseconds: number): number {
  let grain = 1;
  while (grain < SECOND && nanoseconds % (grain * 10) === 0) grain *= 10;
  return grain;
}

function withXattrs(entry: FileEntry, isKept: (name: ByteString) => boolean): FileEntry {
  if (entry.xattrs === undefined) return entry;
  return { ...entry, xattrs: new Map([...entry.xattrs].filter(([name]) => isKept(name))) };
}
