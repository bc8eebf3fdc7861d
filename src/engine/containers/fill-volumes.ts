import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerMount } from '../../model/container-mount.js';
import { EngineError } from '../../model/errors.js';
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
type FillParts = Pick<ContainerParts, 'layers' | 'volumes' | 'program' | 'logger'>;

/** Where a volume gets its first content from. */
interface Fill {
  readonly mount: VolumeMount;
  readonly layer: WritableLayer;
}

/**
 * Docker's copy-up: an empty volume over a directory of the image begins with what the image has there, owner, mode and
 * attributes of the directory itself too.
 */
export async function fillVolumes(parts: FillParts, record: ContainerRecord): Promise<void> {
  for (const mount of record.mounts) {
    if (mount.type !== 'volume' || mount.noCopy === true) continue;
    const layer = parts.layers.writable.get(record.id);
    // Processes are started only where there may be something to copy.
    if (![layer.upper, ...layer.lowers].some((folder) => hasDirectory(folder, mount.target))) continue;
    try {
      await fillVolume(parts, record, { mount, layer });
    } catch (error) {
      // A later layer has taken the directory away.
      if (error instanceof EngineError && error.kind === 'not-found') continue;
      // The volume is as usable as it was, and a start does not fail for it.
      parts.logger.warn(`cannot fill volume ${mount.name} from ${mount.target}`, error);
    }
  }
}

async function fillVolume(parts: FillParts, record: ContainerRecord, fill: Fill): Promise<void> {
  const { name, source, subpath } = fill.mount;
  const found = await parts.volumes.sourceOf(name);
  const isFolder = found.source === source;
  const isAlone = () => parts.volumes.usersOf(name).every((id) => id === record.id);
  if (isFolder && subpath === undefined && isAlone() && (await fillBeside(parts, fill, isAlone))) return;
  // A tmpfs would be gone before the start.
  if (isFolder || !found.isOwn) await fillInPlace(parts, found.source, fill);
}

/**
 * A copy is made beside the volume and takes its place by a rename, which fails where another container was faster; so the
 * volume is never half filled. False where another container has got it meanwhile: it may have the very folder before it.
 */
async function fillBeside(
  { program, volumes }: FillParts,
  { mount, layer }: Fill,
  isAlone: () => boolean,
): Promise<boolean> {
  if (readdirSync(mount.source).length > 0) return true;
  const copy = volumes.stage();
  mkdirSync(copy, { mode: 0o755 });
  try {
    await copyTree(program, toLayerRoot(layer, 'read'), { start: mount.target, target: copy });
    if (!isAlone()) return false;
    renameSync(copy, mount.source);
    return true;
  } finally {
    removeFolder(copy);
  }
}

/** Containers that run have this very folder before them, or it is no folder of the engine's: it cannot be another one. */
async function fillInPlace({ program }: FillParts, target: string, { mount, layer }: Fill): Promise<void> {
  const base = mount.subpath ?? '';
  if (!(await isEmpty(program, target, base))) return;
  await copyTree(program, toLayerRoot(layer, 'read'), { start: mount.target, target, base });
}

/** False where there is nothing. */
async function isEmpty(program: string, path: string, start: string): Promise<boolean> {
  let entries = 0;
  const stop = new AbortController();
  const count = () => {
    entries += 1;
    if (entries > 1) stop.abort();
  };
  const options = { program, root: { kind: 'directory', path } as const, start, follow: true, signal: stop.signal };
  await walk(options, { entry: count, content: () => undefined }, () => undefined).catch((error: unknown) => {
    if (entries <= 1 && !(error instanceof EngineError && error.kind === 'not-found')) throw error;
  });
  return entries === 1;
}

/** Whether a layer may have the directory. Where a link leads to is for the copy to see. */
function hasDirectory(folder: string, path: string): boolean {
  // Whoever copies mounts it, and sees.
  if (isDevice(folder)) return true;
  return isImage(folder) ? isInImage(folder, path) : isInFolder(folder, path);
}

function isInFolder(folder: string, target: string): boolean {
  let path = folder;
  for (const name of target.split('/').filter(Boolean)) {
    path = join(path, name);
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isDirectory() !== true) return status?.isSymbolicLink() === true;
  }
  return true;
}

function isInImage(path: string, target: string): boolean {
  const image = new ImageReader(path, tarBeside(path));
  try {
    let found = image.root();
    for (const name of target.split('/').filter(Boolean)) {
      const next = image.find(found, toByteString(name));
      if (next === undefined) return false;
      if (isSymlink(next)) return true;
      found = next;
    }
    return true;
  } finally {
    image.close();
  }
}

async function copyTree(
  program: string,
  root: RootSpec,
  { start, target, base = '' }: { readonly start: string; readonly target: string; readonly base?: string },
): Promise<void> {
  const unpacking = startUnpacking({ program, root: { kind: 'directory', path: target }, base });
  try {
    await walk({ program, root, start, follow: true, content: true, holes: true }, unpacking, () => unpacking.drain());
    await unpacking.finish();
  } catch (error) {
    await unpacking.abort();
    throw error;
  }
}
