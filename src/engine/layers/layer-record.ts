import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChainId, type DiffId, isDigest } from '../../model/ids.js';
import type { Layer } from '../../model/layer.js';

/** What stands in `layer.json` beside a layer's files; it is there as soon as the layer is, since both come by one rename. */
export interface LayerRecord {
  readonly layer: Layer;
  /** The process that made it: until an image has it, nobody else may take it for a left-over. */
  readonly owner: string;
}

const FILE = 'layer.json';

export function writeLayerRecord(folder: string, record: LayerRecord): void {
  writeFileSync(join(folder, FILE), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** Undefined where there is no layer. */
export function readLayerRecord(folder: string): LayerRecord | undefined {
  try {
    return parseLayerRecord(JSON.parse(readFileSync(join(folder, FILE), 'utf8')));
  } catch {
    // A folder without a record is none of a layer.
    return undefined;
  }
}

function parseLayerRecord(value: unknown): LayerRecord | undefined {
  const { layer, owner } = toObject(value);
  const { chainId, diffId, parent, sizeBytes } = toObject(layer);
  if (!isDigestText(chainId) || !isDigestText(diffId) || typeof sizeBytes !== 'number') return undefined;
  if (typeof owner !== 'string' || (parent !== undefined && !isDigestText(parent))) return undefined;
  return {
    owner,
    layer: {
      chainId: chainId as ChainId,
      diffId: diffId as DiffId,
      sizeBytes,
      ...(parent === undefined ? {} : { parent: parent as ChainId }),
    },
  };
}

function toObject(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function isDigestText(value: unknown): value is string {
  return typeof value === 'string' && isDigest(value);
}
