import type { FileChange } from '../../model/layer.js';
import { type FileEntry, fromByteString } from '../../platform/tar/file-entry.js';
import type { FileParts } from './container-root.js';
import { listOwnChanges } from './own-changes.js';

/** `docker diff`: what the container's own layer adds, changes and deletes, in the order of the paths. */
export async function listContainerChanges(parts: FileParts, ref: string): Promise<readonly FileChange[]> {
  const record = parts.store.resolve(ref);
  const entries = await listOwnChanges(parts.program, parts.layers.writable.get(record.id));
  return entries
    .filter(({ kind }) => kind !== 'opaque')
    .map((entry) => ({ path: `/${fromByteString(entry.path)}`, kind: toKind(entry) }));
}

function toKind(entry: FileEntry): FileChange['kind'] {
  if (entry.kind === 'whiteout') return 'deleted';
  return entry.below === true ? 'modified' : 'added';
}
