import { showPath } from '../../platform/tar/entry-path.js';
import type { ByteString, EntrySink, FileEntry } from '../../platform/tar/file-entry.js';
import { describeMissing, describeOther, describeStranger, describeTime, showFile } from './difference-words.js';
import { createFileHasher } from './file-index/file-hasher.js';
import { comparePaths, HARDLINK, INDEX_KINDS } from './file-index/index-record.js';
import type { LayerIndex } from './file-index/layer-index.js';
import { listVisible } from './file-index/visible-files.js';
import type { RootSpec } from './root-spec.js';
import { walk } from './walk-role.js';

export interface CompareRootOptions {
  /** Path of gantry-init. */
  readonly program: string;
  /** A layer as a whole root, with all that is below it. */
  readonly root: RootSpec;
  /** What the tars of the layers say (tar-index.ts), the lowest first. */
  readonly indexes: readonly LayerIndex[];
  readonly signal?: AbortSignal;
}

/**
 * The first difference between a root and what its layers make of it one over the other, in words; undefined where there is none. In
 * memory are the indexes, and of the files those alone that have several names. Rejects: cancelled.
 */
export async function compareRoot(options: CompareRootOptions): Promise<string | undefined> {
  const { program, root, indexes, signal } = options;
  const stop = new AbortController();
  const both = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const comparison = new RootComparison(indexes, () => stop.abort());
  try {
    await walk({ program, root, content: true, signal: both }, comparison, () => undefined);
  } catch (error) {
    // There is one: the rest need not be read.
    if (!stop.signal.aborted || signal?.aborted === true) throw error;
  }
  return comparison.finish();
}

/** A file as the index has it, or as it is. */
interface Facts {
  /** Kind, owner, mode, size or target, and a hash of content and extended attributes. */
  readonly text: string;
  readonly time: string;
}

/** Both come in the order of their paths, so the one goes along the other. */
class RootComparison implements EntrySink {
  readonly #wanted: Generator<WantedFile>;
  #next: WantedFile | undefined;
  readonly #stop: () => void;
  readonly #hasher = createFileHasher();
  #open: { readonly entry: FileEntry; readonly wanted: WantedFile } | undefined;
  /** Files with several names, by the first of them. */
  readonly #linked = new Map<ByteString, Facts>();
  #difference: string | undefined;
  /** Told if there is no other: that of a directory changes with what is in it. */
  #otherTime: string | undefined;

  constructor(indexes: readonly LayerIndex[], stop: () => void) {
    this.#wanted = listWanted(indexes);
    this.#next = take(this.#wanted);
    this.#stop = stop;
  }

  entry(entry: FileEntry): void {
    this.#endFile();
    if (this.#difference !== undefined) return;
    const wanted = this.#next;
    const order = wanted === undefined ? 1 : comparePaths(wanted.path, entry.path);
    if (wanted === undefined || order > 0) {
      this.#tell(describeStranger(showFile(entry.path)));
    } else if (order < 0) {
      this.#tell(describeMissing(showFile(wanted.path)));
    } else {
      this.#next = take(this.#wanted);
      this.#hasher.begin(entry);
      this.#open = { entry, wanted };
    }
  }

  content(bytes: Uint8Array): void {
    if (this.#open !== undefined) this.#hasher.content(bytes);
  }

  finish(): string | undefined {
    this.#endFile();
    if (this.#difference === undefined && this.#next !== undefined)
      this.#tell(describeMissing(showFile(this.#next.path)));
    return this.#difference ?? this.#otherTime;
  }

  #endFile(): void {
    if (this.#open === undefined) return;
    const { entry, wanted } = this.#open;
    this.#open = undefined;
    const facts = this.#readFacts(entry);
    if (wanted.facts === undefined) {
      const wantedKind = wanted.isDirectory ? 'directory' : 'hardlink';
      const isOther = (entry.kind === 'directory') !== wanted.isDirectory;
      if (isOther) this.#tell(describeOther(showFile(entry.path), facts.text, wantedKind));
      return;
    }
    const { text, time } = wanted.facts;
    if (facts.text !== text) this.#tell(describeOther(showFile(entry.path), facts.text, text));
    else if (facts.time !== time) this.#otherTime ??= describeOther(showFile(entry.path), facts.time, time);
  }

  /** The content comes with the first name of a file. */
  #readFacts(entry: FileEntry): Facts {
    const known = entry.kind === 'hardlink' ? this.#linked.get(entry.target) : undefined;
    const facts = known ?? toFacts(entry, this.#hasher.end());
    if (entry.kind !== 'directory' && (entry.links ?? 1) > 1) this.#linked.set(entry.path, facts);
    return facts;
  }

  #tell(difference: string): void {
    this.#difference ??= difference;
    this.#stop();
  }
}

interface WantedFile {
  readonly path: ByteString;
  readonly isDirectory: boolean;
  /** Absent where the tar does not say them: of a directory that is a part of paths only, and of a link whose target it replaces. */
  readonly facts?: Facts;
}

function* listWanted(indexes: readonly LayerIndex[]): Generator<WantedFile> {
  const names: ByteString[] = [];
  for (const { layer, record } of listVisible(indexes)) {
    const index = indexes[layer] as LayerIndex;
    names.length = index.depth[record] ?? 0;
    names[(index.depth[record] ?? 0) - 1] = index.name(record);
    const facts = readFacts(index, record);
    yield { path: names.join('/'), isDirectory: index.isDirectory(record), ...(facts && { facts }) };
  }
}

function take(files: Generator<WantedFile>): WantedFile | undefined {
  const { done, value } = files.next();
  return done === true ? undefined : value;
}

function readFacts(index: LayerIndex, record: number): Facts | undefined {
  let at = record;
  // Some tars have hard links of hard links.
  while (index.kind[at] === HARDLINK && index.content(at) !== at) at = index.content(at);
  if (index.isImplied(at) || index.kind[at] === HARDLINK) return undefined;
  const kind = INDEX_KINDS[index.kind[at] ?? 0] ?? 'file';
  const [mode, uid, gid, sizeBytes] = [index.mode(at), index.uid(at), index.gid(at), index.size[at] ?? 0];
  const target = index.target(at);
  return {
    text: describe({ kind, mode, uid, gid, sizeBytes, target }, index.fingerprint(at)),
    time: describeTime(index.mtimeSeconds(at), index.mtimeNanoseconds(at)),
  };
}

function toFacts(entry: FileEntry, fingerprint: Uint8Array | undefined): Facts {
  const isDevice = entry.kind === 'character' || entry.kind === 'block';
  const target = isDevice ? `${entry.major}:${entry.minor}` : entry.target;
  return {
    text: describe({ ...entry, target }, fingerprint),
    time: describeTime(entry.mtimeSeconds, entry.mtimeNanoseconds),
  };
}

type Described = Pick<FileEntry, 'kind' | 'mode' | 'uid' | 'gid' | 'sizeBytes' | 'target'>;

function describe({ kind, mode, uid, gid, sizeBytes, target }: Described, fingerprint: Uint8Array | undefined): string {
  const bits = kind === 'symlink' ? '' : (mode & 0o7777).toString(8);
  const size = kind === 'file' ? String(sizeBytes) : '';
  const hash = fingerprint === undefined ? '' : Buffer.from(fingerprint).toString('base64');
  return [kind, `${uid}:${gid}`, bits, size, showPath(target), hash].filter((part) => part !== '').join(' ');
}
