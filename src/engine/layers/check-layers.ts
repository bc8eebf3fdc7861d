import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Problem } from '../../model/finding.js';
import { type ChainId, isDigest } from '../../model/ids.js';
import { isAlive } from '../../platform/staging.js';
import { toChainId } from './chain-id.js';
import { readLayerRecord } from './layer-record.js';
import type { LayerPlace, LayerStore } from './layer-store.js';

export interface CheckLayersOptions {
  readonly layers: LayerStore;
  /** True for a layer that an image, a container or a running operation needs, or may need soon. Asked at the moment. */
  readonly isNeeded: (id: ChainId) => boolean;
}

/** A folder of the store that a layer's name says. */
export interface LayerFolder {
  readonly chainId: ChainId;
  readonly path: string;
  readonly place: LayerPlace;
  /** What is wrong with it as a folder; absent: its files may still differ. */
  readonly defect?: string;
}

/**
 * Folders, records and parents; the files in them are for compare-layer.ts. What no image needs can go; what one needs is in
 * `listLayerFolders` with its defect, and is for whoever knows its blob.
 */
export function* checkLayers({ layers, isNeeded }: CheckLayersOptions): Generator<Problem> {
  for (const path of layers.abandoned()) {
    yield { finding: { kind: 'left-over', path }, mend: () => withdraw(layers, path) };
  }
  for (const place of layers.places) {
    const folder = join(place.root, 'layers');
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      const id = `sha256:${name}`;
      if (!isDigest(id)) yield { finding: { kind: 'stray', path }, mend: () => withdraw(layers, path) };
      else yield* checkUse(place.store, { chainId: id as ChainId, path }, isNeeded);
    }
  }
}

function* checkUse(
  layers: LayerStore,
  { chainId, path }: Pick<LayerFolder, 'chainId' | 'path'>,
  isNeeded: (id: ChainId) => boolean,
) {
  const record = readLayerRecord(path);
  if (isNeeded(chainId) || (record !== undefined && isAlive(record.owner)) || !isThere(path)) return;
  if (layers.writable.isOn(chainId) || layers.list().some(({ parent }) => parent === chainId)) return;
  const mend = () => {
    if (record === undefined) layers.withdraw(path);
    else layers.remove(chainId);
    return `removed ${path}`;
  };
  if (record === undefined) yield { finding: { kind: 'stray', path }, mend } satisfies Problem;
  else yield { finding: { kind: 'layer-unused', chainId, sizeBytes: record.layer.sizeBytes }, mend } satisfies Problem;
}

/** All folders that have a layer's name, with what is wrong with each. */
export function listLayerFolders({ places }: LayerStore): readonly LayerFolder[] {
  return places.flatMap((place) => {
    const folder = join(place.root, 'layers');
    return readdirSync(folder).flatMap((name) => {
      const chainId = `sha256:${name}`;
      const path = join(folder, name);
      if (!isDigest(chainId)) return [];
      const defect = findDefect(place, path, chainId as ChainId);
      return [{ chainId: chainId as ChainId, path, place, ...(defect === undefined ? {} : { defect }) }];
    });
  });
}

function findDefect({ root, driver }: LayerPlace, path: string, chainId: ChainId): string | undefined {
  const record = readLayerRecord(path);
  if (record === undefined) return 'its record cannot be read';
  const { layer } = record;
  if (layer.chainId !== chainId || toChainId(layer.parent, layer.diffId) !== chainId) {
    return 'its record is that of another layer';
  }
  if (!driver.hasFiles(path)) return 'its files are missing';
  const { parent } = layer;
  if (parent !== undefined && !isThere(join(root, 'layers', parent.slice('sha256:'.length)))) {
    return `the layer below it is missing: ${parent}`;
  }
  return undefined;
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function withdraw(layers: LayerStore, path: string): string {
  layers.withdraw(path);
  return `removed ${path}`;
}
