import { type Counts, listChanges, type Memory, type Sample } from './soak-sample.js';

const MEBIBYTE = 2 ** 20;

/**
 * How much more the least of the last quarter of the samples may be than the least of the quarter before it, bytes. What grows
 * with the cycles shows there; what is loaded or kept once does not, nor what a heap that has shrunk late has for a while.
 */
export const GROWTH_MOST = {
  live: MEBIBYTE,
  proportional: 12 * MEBIBYTE,
  disk: MEBIBYTE,
  database: MEBIBYTE / 4,
} as const;

/** Of the last sample, bytes. */
export const END_MOST = {
  /** Of a process, live: more than at the begin. */
  live: 12 * MEBIBYTE,
  /** Of a process, in all. */
  proportional: 300 * MEBIBYTE,
  /** Of the disk, more than at the begin: the database and its journal, whose pages are used again, and folders that have had many names. */
  disk: 12 * MEBIBYTE,
} as const;

/** What has not come back, in plain words; nothing where all has. The first sample is how it was in the beginning. */
export function judgeSoak(samples: readonly Sample[]): readonly string[] {
  const [first, ...later] = samples;
  const last = later.at(-1);
  if (first === undefined || last === undefined) return ['there are no samples'];
  return [
    ...later.flatMap(({ cycles, counts }) =>
      listChanges(first.counts, counts).map((text) => `after ${cycles} cycles, ${text}`),
    ),
    ...last.paths.filter((path) => !first.paths.includes(path)).map((path) => `a file: ${path}`),
    ...(['daemon', 'screen'] as const).flatMap((name) => judgeMemory(name, samples)),
    ...judgeGrowth(
      'the disk',
      samples.map(({ diskBytes }) => diskBytes),
      GROWTH_MOST.disk,
    ),
    ...judgeGrowth(
      'the database',
      samples.map(({ databaseBytes }) => databaseBytes),
      GROWTH_MOST.database,
    ),
    ...judgeEnd('more on the disk', last.diskBytes - first.diskBytes, END_MOST.disk),
  ];
}

function judgeMemory(name: 'daemon' | 'screen', samples: readonly Sample[]): readonly string[] {
  const of = (kind: keyof Memory): readonly number[] => samples.map((sample) => sample[name][kind]);
  const [live, proportional] = [of('live'), of('proportional')];
  const more = (live.at(-1) ?? 0) - (live[0] ?? 0);
  return [
    ...judgeGrowth(`what lives in the ${name}`, live, GROWTH_MOST.live),
    ...judgeGrowth(`the memory of the ${name}`, proportional, GROWTH_MOST.proportional),
    ...judgeEnd(`more living in the ${name}`, more, END_MOST.live),
    ...judgeEnd(`the memory of the ${name}`, proportional.at(-1) ?? 0, END_MOST.proportional),
  ];
}

function judgeGrowth(what: string, figures: readonly number[], most: number): readonly string[] {
  const growth = measureGrowth(figures);
  return growth <= most ? [] : [`${what} grows by ${toMebibytes(growth)} in a quarter of the run`];
}

function judgeEnd(what: string, bytes: number, most: number): readonly string[] {
  return bytes <= most ? [] : [`${what} at the end: ${toMebibytes(bytes)}`];
}

/** Fewer have no quarters. */
const QUARTERED = 12;

/** How much the least of the last quarter is above that of the quarter before. */
export function measureGrowth(figures: readonly number[]): number {
  if (figures.length < QUARTERED) return 0;
  const at = (share: number): number => Math.floor(figures.length * share);
  return Math.min(...figures.slice(at(0.75))) - Math.min(...figures.slice(at(0.5), at(0.75)));
}

function toMebibytes(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

/** The most of each. */
export function toMost(all: readonly Counts[]): Counts {
  const [first, ...more] = all;
  if (first === undefined) throw new Error('nothing was counted');
  return more.reduce<Counts>(
    (most, counts) =>
      Object.fromEntries(
        Object.entries(most).map(([name, count]) => [name, Math.max(count, counts[name as keyof Counts])]),
      ) as Counts,
    first,
  );
}
