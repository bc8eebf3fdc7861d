import type { WastedPath, WasteReport } from '../../../model/file-tree.js';
import { DIRECTORY, WHITEOUT } from './index-record.js';
import type { LayerIndex } from './layer-index.js';
import { type Place, type Reset, type UnionPath, type UnionVisitor, walkUnion } from './union-walk.js';

/**
 * What the layers store in vain, as dive counts it (its filetree/efficiency.go), with one difference: where a layer takes
 * a directory away, each file that was in it counts as taken away.
 */
export function measureWaste(indexes: readonly LayerIndex[]): WasteReport {
  const counter = new WasteCounter(indexes);
  walkUnion(indexes, counter);
  return counter.report();
}

interface Row {
  files: number;
  versions: number;
  totalBytes: number;
  hiddenBytes: number;
}

class WasteCounter implements UnionVisitor {
  readonly #indexes: readonly LayerIndex[];
  readonly #rows = new Map<string, Row>();
  #leastBytes = 0;
  #totalBytes = 0;

  constructor(indexes: readonly LayerIndex[]) {
    this.#indexes = indexes;
  }

  enter(at: UnionPath): boolean {
    const history = new PathHistory();
    let passed = 0;
    for (const place of at.places) {
      const gone = at.resets.find(({ layer }, i) => i >= passed && layer <= place.layer);
      while ((at.resets[passed]?.layer ?? Number.POSITIVE_INFINITY) <= place.layer) passed++;
      if (gone !== undefined) history.remove(gone.path);
      this.#apply(history, place, at.path);
    }
    const last = at.resets[passed];
    if (last !== undefined) history.remove(last.path);
    this.#count(history, at.path);
    return true;
  }

  leave(): void {
    // Each path counts for itself.
  }

  subtree({ layer, record }: Place, end: number, resets: readonly Reset[]): void {
    const index = this.#indexes[layer] as LayerIndex;
    const bytes = (index.bytesBefore[end] ?? 0) - (index.bytesBefore[record] ?? 0);
    const reset = resets.find((each) => each.layer > layer);
    this.#totalBytes += bytes;
    if (reset === undefined) this.#leastBytes += bytes;
    else if (bytes > 0) {
      const files = countFiles(index, record, end);
      this.#add(reset.path, { files, versions: 2 * files, totalBytes: bytes, hiddenBytes: bytes });
    }
  }

  report(): WasteReport {
    const paths = [...this.#rows]
      .map(([path, row]): WastedPath => ({ path, ...row }))
      .sort((a, b) => b.totalBytes - a.totalBytes || (a.path < b.path ? -1 : 1));
    const sum = (of: (path: WastedPath) => number) => paths.reduce((total, path) => total + of(path), 0);
    return {
      efficiency: this.#totalBytes === 0 ? 1 : this.#leastBytes / this.#totalBytes,
      wastedBytes: sum(({ totalBytes }) => totalBytes),
      hiddenBytes: sum(({ hiddenBytes }) => hiddenBytes),
      paths,
    };
  }

  #apply(history: PathHistory, { layer, record }: Place, path: string): void {
    const index = this.#indexes[layer] as LayerIndex;
    const kind = index.kind[record];
    if (kind === WHITEOUT || kind === DIRECTORY) history.remove(path);
    else history.store(index.size[record] ?? 0);
  }

  #count(history: PathHistory, path: string): void {
    this.#totalBytes += history.totalBytes;
    this.#leastBytes += history.leastBytes();
    if (history.versions < 2 || history.totalBytes === 0) return;
    const { versions, totalBytes } = history;
    this.#add(history.removedBy ?? path, { files: 1, versions, totalBytes, hiddenBytes: history.hiddenBytes() });
  }

  #add(path: string, row: Row): void {
    const known = this.#rows.get(path);
    if (known === undefined) this.#rows.set(path, row);
    else {
      known.files += row.files;
      known.versions += row.versions;
      known.totalBytes += row.totalBytes;
      known.hiddenBytes += row.hiddenBytes;
    }
  }
}

/** What the layers did to one path that was once something else than a directory. */
class PathHistory {
  versions = 0;
  totalBytes = 0;
  /** The path whose entry took it away; undefined while it is there. */
  removedBy: string | undefined;
  #least = Number.POSITIVE_INFINITY;
  #shown: number | undefined;

  store(sizeBytes: number): void {
    this.versions++;
    this.totalBytes += sizeBytes;
    this.#least = Math.min(this.#least, sizeBytes);
    this.#shown = sizeBytes;
    this.removedBy = undefined;
  }

  remove(by: string): void {
    if (this.#shown === undefined) return;
    this.versions++;
    this.#least = 0;
    this.#shown = undefined;
    this.removedBy = by;
  }

  leastBytes(): number {
    return this.versions === 0 ? 0 : this.#least;
  }

  hiddenBytes(): number {
    return this.totalBytes - (this.#shown ?? 0);
  }
}

function countFiles(index: LayerIndex, first: number, end: number): number {
  let files = 0;
  for (let i = first; i < end; i++) if (index.kind[i] !== DIRECTORY && index.kind[i] !== WHITEOUT) files++;
  return files;
}
