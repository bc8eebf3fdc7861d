import { mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerMount } from '../../model/container-mount.js';
import { removeFolder } from '../../platform/remove-folder.js';
import { toByteString } from '../../platform/tar/file-entry.js';
import { isDevice } from '../layers/drivers/device-files.js';
import { isImage, tarBeside } from '../layers/drivers/image-files.js';
import { ImageReader, isSymlink } from '../layers/erofs/image-reader.js';
import { toLayerRoot } from '../layers/layer-roots.js';
import type { RootSpec } from '../layers/root-spec.js';
import { startUnpacking } from '../layers/unpack-role.js';
import { walk } from '../layers/walk-role.js';
import type { WritableLayer } from '../layers/writable-layers.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

type VolumeMount = Extract<ContainerMount, { type: 'volume' }>;
type FillParts = Pick<ContainerParts, 'layers' | 'program' | 'logger'>;

/**
 * Docker's copy-up: an empty volume over a directory of the image begins with what the image has there. A copy is made
 * beside the volume and takes its place by a rename, which fails where another container was faster; so a volume is never
 * half filled.
 */
export async function fillVolumes(parts: FillParts, record: ContainerRecord): Promise<void> {
  const noCopy = new Set(
    (record.config.mounts ?? []).flatMap((mount) =>
      mount.type === 'volume' && mount.noCopy === true ? [mount.target] : [],
    ),
  );
  for (const mount of record.mounts) {
    if (mount.type !== 'volume' || noCopy.has(mount.target) || readdirSync(mount.source).length > 0) continue;
    const layer = parts.layers.writable.get(record.id);
    // Two processes are started only where there may be something to copy.
    if (![layer.upper, ...layer.lowers].some((folder) => hasEntries(folder, mount.target))) continue;
    await fillVolume(parts, record, { mount, layer });
  }
}

/** Whether a layer may have something in the directory. */
function hasEntries(folder: string, path: string): boolean {
  // Whoever copies mounts it, and sees.
  if (isDevice(folder)) return true;
  try {
    return isImage(folder) ? hasImageEntries(folder, path) : readdirSync(join(folder, path)).length > 0;
  } catch {
    // Not there, or no directory.
    return false;
  }
}

function hasImageEntries(path: string, target: string): boolean {
  const image = new ImageReader(path, tarBeside(path));
  try {
    let found = image.root();
    for (const name of target.split('/').filter(Boolean)) {
      const next = image.find(found, toByteString(name));
      if (next === undefined) return false;
      // Where it leads to is for the copy to see.
      if (isSymlink(next)) return true;
      found = next;
    }
    return image.hasEntries(found);
  } finally {
    image.close();
  }
}

async function fillVolume(
  parts: FillParts,
  { id }: ContainerRecord,
  { mount, layer }: { readonly mount: VolumeMount; readonly layer: WritableLayer },
): Promise<void> {
  const copy = `${mount.source}.${id.slice(0, 12)}`;
  removeFolder(copy);
  mkdirSync(copy, { mode: 0o755 });
  try {
    await copyTree(parts.program, toLayerRoot(layer, 'read'), { start: mount.target, copy });
    if (readdirSync(copy).length > 0) renameSync(copy, mount.source);
  } catch (error) {
    // The volume is as usable as it was, and a start does not fail for it.
    parts.logger.warn(`cannot fill volume ${mount.name} from ${mount.target}`, error);
  } finally {
    removeFolder(copy);
  }
}

async function copyTree(
  program: string,
  root: RootSpec,
  { start, copy }: { readonly start: string; readonly copy: string },
): Promise<void> {
  const unpacking = startUnpacking({ program, root: { kind: 'directory', path: copy } });
  try {
    await walk({ program, root, start, follow: true, content: true }, unpacking, () => unpacking.drain());
    await unpacking.finish();
  } catch (error) {
    await unpacking.abort();
    throw error;
  }
}
