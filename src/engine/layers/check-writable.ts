import { existsSync, lstatSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContainerPart } from '../../model/finding.js';
import { type ChainId, isDigest } from '../../model/ids.js';
import type { WritableLayers } from './writable-layers.js';

/** What a container's layer lacks; undefined where it is whole. `parent`: of the container's image, absent without layers. */
export function findMissingPart(root: string, id: string, parent: ChainId | undefined): ContainerPart | undefined {
  const folder = join(root, 'writable', id);
  if (!isFolder(folder)) return 'layer';
  for (const part of ['upper', 'work'] as const) if (!isFolder(join(folder, part))) return part;
  return readParent(folder) === (parent ?? '') ? undefined : 'parent';
}

/** Makes what is missing; returns what it did. Throws not-found where the layer below is missing. */
export function restorePart(
  writable: WritableLayers,
  root: string,
  { id, parent, part }: { readonly id: string; readonly parent: ChainId | undefined; readonly part: ContainerPart },
): string {
  const folder = join(root, 'writable', id);
  if (part === 'layer') {
    writable.prepare(id, parent);
    return 'made an empty one: what the container had written is lost';
  }
  if (part === 'parent') {
    writeFileSync(join(folder, 'parent'), parent ?? '');
    return 'wrote it again from the image';
  }
  mkdirSync(join(folder, part), { mode: 0o755 });
  return part === 'work' ? 'made it' : 'made an empty one: what the container had written is lost';
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function readParent(folder: string): string | undefined {
  const path = join(folder, 'parent');
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, 'utf8');
  return text === '' || isDigest(text) ? text : undefined;
}
