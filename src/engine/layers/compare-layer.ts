import { hash } from 'node:crypto';
import { EngineError } from '../../model/errors.js';
import { showPath } from '../../platform/tar/entry-path.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import { TarReader } from '../../platform/tar/tar-reader.js';
import { decompress } from '../content/decompress.js';
import { describeMissing, describeOther, describeStranger, describeTime, showFile } from './difference-words.js';
import { type FileAttributes, FileFingerprints } from './file-fingerprints.js';
import { type KeepAttributes, keepTold } from './kept-attributes.js';
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
  /** What the layer's files cannot have all of; absent: everything that a walk tells. */
  readonly keep?: KeepAttributes;
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
  const reader = new TarReader(readLayerEntries(keepIn(wanted, options.keep ?? keepTold), options.hasBelow));
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

function keepIn(sink: EntrySink, keep: KeepAttributes): EntrySink {
  return { entry: (entry) => sink.entry(keep(entry)), content: (bytes) => sink.content(bytes) };
}

/** Times last: those of a directory change with what is in it, and of that there is more to say. */
function findDifference(wanted: FileFingerprints, found: FileFingerprints): string | undefined {
  for (const [path, { text }] of wanted.files) {
    const there = found.files.get(path)?.text;
    if (there === undefined) return describeMissing(show(path));
    if (there !== text) return describeOther(show(path), there, text);
  }
  for (const path of found.files.keys()) {
    // The root is there whether the tar has it or not.
    if (path === '' || wanted.files.has(path) || wanted.isImplied(path)) continue;
    return describeStranger(show(path));
  }
  for (const [path, { attributes }] of wanted.files) {
    if (attributes === undefined) continue;
    const there = describe(found.files.get(path)?.attributes, attributes);
    const text = describe(attributes, attributes);
    if (there !== text) return describeOther(show(path), there, text);
  }
  return undefined;
}

/** Of the attributes of a file what those that it should have say something of. */
function describe(attributes: FileAttributes | undefined, { hasUnknownXattrs }: FileAttributes): string {
  const { mtimeSeconds = 0, mtimeNanoseconds = 0, xattrs = new Map<string, Uint8Array>() } = attributes ?? {};
  const time = describeTime(mtimeSeconds, mtimeNanoseconds);
  if (hasUnknownXattrs) return time;
  const names = [...xattrs].map(([name, value]) => `${showPath(name)}=${describeValue(value)}`).sort();
  return [time, ...names].join(' ');
}

function describeValue(value: Uint8Array): string {
  return value.length <= VALUE_SHOWN_MAX
    ? `0x${Buffer.from(value).toString('hex')}`
    : `sha256:${hash('sha256', value, 'hex')}`;
}

/** Bytes of an extended attribute. */
const VALUE_SHOWN_MAX = 32;

function show(path: string): string {
  if (path.endsWith('\0')) return `the opaque mark of /${showPath(path.slice(0, -1))}`;
  return showFile(path);
}
