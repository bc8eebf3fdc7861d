import { EngineError } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { ContainerSize } from '../engine.js';
import type { FileEntry } from '../layers/file-entry.js';
import { walk } from '../layers/walk-role.js';
import type { FileParts } from './container-root.js';

/** Sums of the sizes of regular files. Containers that are gone are left out. */
export async function readContainerSizes(
  parts: Pick<FileParts, 'layers' | 'program'>,
  ids: readonly ContainerId[],
): Promise<ReadonlyMap<ContainerId, ContainerSize>> {
  const sizes = new Map<ContainerId, ContainerSize>();
  for (const id of ids) {
    const size = await readSize(parts, id).catch(ignoreGone);
    if (size !== undefined) sizes.set(id, size);
  }
  return sizes;
}

async function readSize(parts: Pick<FileParts, 'layers' | 'program'>, id: ContainerId): Promise<ContainerSize> {
  const { upper, parent } = parts.layers.writable.get(id);
  let writableBytes = 0;
  const sink = {
    entry(entry: FileEntry) {
      writableBytes += entry.sizeBytes;
    },
    content: () => undefined,
  };
  const root = { kind: 'directory', path: upper } as const;
  await walk({ program: parts.program, root, layer: true }, sink, () => undefined);
  const layers = parent === undefined ? [] : parts.layers.stack(parent);
  return { writableBytes, rootfsBytes: layers.reduce((sum, layer) => sum + layer.sizeBytes, writableBytes) };
}

function ignoreGone(error: unknown): undefined {
  if (error instanceof EngineError && error.kind === 'not-found') return undefined;
  throw error;
}
