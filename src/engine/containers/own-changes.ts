import type { FileEntry } from '../../platform/tar/file-entry.js';
import { toChangesWalk } from '../layers/layer-roots.js';
import { walk } from '../layers/walk-role.js';
import type { WritableLayer } from '../layers/writable-layers.js';

/**
 * What the engine itself puts into the layer of a container so that something can be mounted there. Docker keeps
 * these apart in a layer of their own; here they are told by their path, as long as they are what the engine makes.
 */
const MOUNT_POINTS: ReadonlySet<string> = new Set([
  'dev',
  'dev/console',
  'dev/mqueue',
  'dev/pts',
  'dev/shm',
  'proc',
  'sys',
  'etc',
  'etc/hostname',
  'etc/hosts',
  'etc/resolv.conf',
]);

/**
 * The entries of a container's own layer that its programs made: `below` says of each whether the image has something
 * there. Directories that are there only on the way to a mount point are left out.
 */
export async function listOwnChanges(program: string, layer: WritableLayer): Promise<readonly FileEntry[]> {
  const entries: FileEntry[] = [];
  const sink = { entry: (entry: FileEntry) => void entries.push(entry), content: () => undefined };
  await walk({ program, ...toChangesWalk(layer) }, sink, () => undefined);
  const kept = new Set<string>();
  for (const entry of [...entries].reverse()) {
    if (isOwn(entry, kept)) addWithParents(kept, entry.path);
  }
  return entries.filter(({ path }) => path !== '' && kept.has(path));
}

/** Walked from the last to the first, so that what is in a directory is known before it. */
function isOwn(entry: FileEntry, kept: ReadonlySet<string>): boolean {
  if (!MOUNT_POINTS.has(entry.path) || kept.has(entry.path)) return true;
  const isPlace = entry.kind === 'directory' || (entry.kind === 'file' && entry.sizeBytes === 0);
  return !isPlace;
}

function addWithParents(kept: Set<string>, path: string): void {
  for (let at = path; at !== ''; at = at.slice(0, Math.max(at.lastIndexOf('/'), 0))) kept.add(at);
}
