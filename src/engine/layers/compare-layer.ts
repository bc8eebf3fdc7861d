import { EngineError } from '../../model/errors.js';
import { showPath } from '../../platform/tar/entry-path.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { FileFingerprints } from './file-fingerprints.js';
import { readLayerEntries } from './layer-reader.js';
import type { RootSpec } from './root-spec.js';
import { walk } from './walk-role.js';

export interface CompareOptions {
  /** Path of gantry-init. */
  readonly program: string;
  /** The layer as it is kept. */
  readonly root: RootSpec;
  /** There are layers below: whiteouts count. */
  readonly hasBelow: boolean;
  readonly signal?: AbortSignal;
}

/**
 * The first difference between an unpacked layer and its tar, plain or compressed, in words; undefined where there is none.
 * Rejects: cancelled, invalid-argument (not a layer's tar).
 */
export async function compareLayer(
  source: AsyncIterable<Uint8Array>,
  options: CompareOptions,
): Promise<string | undefined> {
  const { program, root, signal } = options;
  const wanted = new FileFingerprints();
  const reader = new TarReader(readLayerEntries(wanted, options.hasBelow));
  for await (const bytes of decompress(source)) {
    if (signal?.aborted === true) throw new EngineError('cancelled', 'the comparison was cancelled');
    reader.push(bytes);
  }
  reader.finish();
  wanted.finish();
  const found = new FileFingerprints();
  await walk({ program, root, content: true, layer: true, ...(signal && { signal }) }, found, () => undefined);
  found.finish();
  return findDifference(wanted, found);
}

function findDifference(wanted: FileFingerprints, found: FileFingerprints): string | undefined {
  for (const [path, text] of wanted.files) {
    const there = found.files.get(path);
    if (there === undefined) return `${show(path)} is missing`;
    if (there !== text) return `${show(path)} differs: ${there} in place of ${text}`;
  }
  for (const path of found.files.keys()) {
    // The root is there whether the tar has it or not.
    if (path === '' || wanted.files.has(path) || wanted.isImplied(path)) continue;
    return `${show(path)} does not belong to it`;
  }
  return undefined;
}

function show(path: string): string {
  if (path.endsWith('\0')) return `the opaque mark of /${showPath(path.slice(0, -1))}`;
  return `/${showPath(path)}`;
}
