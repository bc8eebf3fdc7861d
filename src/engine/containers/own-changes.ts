import type { EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
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
  await walk({ program, ...toChangesWalk(layer) }, keepOwnChanges(sink), () => undefined);
  return entries;
}

/** Of the entries of a walk lets through those that `listOwnChanges` tells of, with their content. */
export function keepOwnChanges(sink: EntrySink): EntrySink {
  /** Each in the one before it; they are told as soon as there is something in the last. */
  let places: readonly FileEntry[] = [];
  let isLeftOut = false;
  return {
    entry(entry) {
      places = places.filter(({ path }) => entry.path === path || entry.path.startsWith(`${path}/`));
      isLeftOut = entry.path === '' || isPlace(entry);
      if (entry.path === '') return;
      if (isLeftOut) {
        places = [...places, entry];
        return;
      }
      for (const place of places) sink.entry(place);
      places = [];
      sink.entry(entry);
    },
    content(bytes) {
      if (!isLeftOut) sink.content(bytes);
    },
  };
}

function isPlace({ kind, path, sizeBytes }: FileEntry): boolean {
  return MOUNT_POINTS.has(path) && (kind === 'directory' || (kind === 'file' && sizeBytes === 0));
}
