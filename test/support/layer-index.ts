import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createIndexWriter } from '../../src/engine/layers/file-index/index-writer.js';
import { type LayerIndex, parseLayerIndex } from '../../src/engine/layers/file-index/layer-index.js';
import { readLayerEntries } from '../../src/engine/layers/layer-reader.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { makeTar, type TestEntry } from './tar-fixtures.js';

/** The bytes of the index of a layer whose tar has these entries, whiteouts by their names; undefined where only a folder could tell. */
export function makeIndexBytes(entries: readonly TestEntry[]): Buffer | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-index-'));
  try {
    const writer = createIndexWriter(join(folder, 'index'));
    const reader = new TarReader(readLayerEntries(writer, true));
    reader.push(makeTar(entries));
    reader.finish();
    if (!writer.settle()) return undefined;
    writer.finish();
    return readFileSync(join(folder, 'index'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function makeIndex(entries: readonly TestEntry[]): LayerIndex {
  const index = parseLayerIndex(makeIndexBytes(entries) ?? Buffer.alloc(0));
  if (index === undefined) throw new Error('these entries have no index');
  return index;
}
