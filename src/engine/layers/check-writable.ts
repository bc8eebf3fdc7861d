import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerPart } from '../../model/finding.js';
import { type ChainId, isDigest } from '../../model/ids.js';
import { isDevice } from './drivers/device-files.js';
import type { LayerPlace, LayerStore } from './layer-store.js';

/** What a container's layer lacks; undefined where it is whole. `parent`: of the container's image, absent without layers. */
export function findMissingPart(
  layers: LayerStore,
  id: string,
  parent: ChainId | undefined,
): ContainerPart | undefined {
  const place = findPlace(layers, id);
  if (place === undefined) return 'layer';
  const folder = folderOf(place, id);
  const { upper, work } = place.driver.findRoot(folder, []);
  if (!isFolder(upper) && !isDeviceFile(upper)) return 'upper';
  if (work !== '' && !isFolder(work)) return 'work';
  return readParent(folder) === (parent ?? '') ? undefined : 'parent';
}

/** Makes what is missing; resolves with what it did. Rejects: not-found where the layer below is missing. */
export async function restorePart(
  layers: LayerStore,
  { id, parent, part }: { readonly id: string; readonly parent: ChainId | undefined; readonly part: ContainerPart },
): Promise<string> {
  const lost = 'made an empty one: what the container had written is lost';
  const place = findPlace(layers, id);
  // The root of a container that is a copy of its image begins with that.
  if (place === undefined || (part === 'upper' && !place.driver.isStacked)) {
    const { writable } = place?.store ?? layers;
    const prepared = await writable.prepare(parent);
    writable.release(id);
    prepared.commit(id);
    return lost;
  }
  const folder = folderOf(place, id);
  if (part === 'parent') {
    writeFileSync(join(folder, 'parent'), parent ?? '');
    return 'wrote it again from the image';
  }
  const { upper, work } = place.driver.findRoot(folder, []);
  mkdirSync(part === 'work' ? work : upper, { mode: 0o755 });
  return part === 'work' ? 'made it' : lost;
}

function findPlace({ places }: LayerStore, id: string): LayerPlace | undefined {
  return places.find((place) => isFolder(folderOf(place, id)));
}

function folderOf({ root }: LayerPlace, id: string): string {
  return join(root, 'writable', id);
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function isDeviceFile(path: string): boolean {
  return isDevice(path) && existsSync(path);
}

function readParent(folder: string): string | undefined {
  const path = join(folder, 'parent');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  return text === '' || isDigest(text) ? text : undefined;
}
