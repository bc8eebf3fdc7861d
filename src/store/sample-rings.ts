/** Ten minutes, one sample a second. */
export const HISTORY_SECONDS = 600;
/** A second that the tick missed takes the next reading. */
const HELD_SECONDS = 4;

/** The last ten minutes of named figures, one a second in 32 bits; NaN where nothing was read. Seconds count from 1970. */
export interface SampleRings<Name extends string> {
  /** Bytes that the samples take: 2400 for each name. */
  readonly byteLength: number;
  /** The second of the newest samples; 0 before the first. */
  readonly lastSecond: number;
  names(): readonly Name[];
  at(name: Name, second: number): number;
  /** The samples of a second, not before the last one; a few seconds without any take the same values. */
  write(second: number, samples: ReadonlyMap<Name, number>): void;
  drop(name: Name): void;
  /** The greatest of `count` seconds from `first` on. */
  max(name: Name, first: number, count: number): number;
  mean(name: Name, first: number, count: number): number;
  /** See StatsHistory. */
  series(name: Name, count: number, endSecond: number, secondsPerValue: number): Float64Array;
  stack(names: readonly Name[], count: number, endSecond: number, secondsPerValue: number): readonly Float64Array[];
}

export function createSampleRings<Name extends string>(): SampleRings<Name> {
  const rings = new Map<Name, Float32Array>();
  let lastSecond = 0;
  const at = (name: Name, second: number): number => {
    if (second > lastSecond || second <= lastSecond - HISTORY_SECONDS) return Number.NaN;
    return rings.get(name)?.[second % HISTORY_SECONDS] ?? Number.NaN;
  };
  const max = (name: Name, first: number, count: number) => {
    const second = greatestSecond(first, count, (each) => at(name, each));
    return second === undefined ? Number.NaN : at(name, second);
  };
  return {
    get byteLength() {
      let bytes = 0;
      for (const ring of rings.values()) bytes += ring.byteLength;
      return bytes;
    },
    get lastSecond() {
      return lastSecond;
    },
    names: () => [...rings.keys()],
    at,
    write: (second, samples) => {
      for (const [name, value] of samples) {
        const ring = rings.get(name) ?? new Float32Array(HISTORY_SECONDS).fill(Number.NaN);
        rings.set(name, ring);
        fillGap(ring, lastSecond, second, value);
        ring[second % HISTORY_SECONDS] = value;
      }
      lastSecond = second;
    },
    drop: (name) => rings.delete(name),
    max,
    mean: (name, first, count) => {
      const all = Array.from({ length: count }, (_, i) => at(name, first + i));
      const read = all.filter((value) => !Number.isNaN(value));
      return read.reduce((sum, value) => sum + value, 0) / read.length;
    },
    series: (name, count, endSecond, secondsPerValue) => {
      const firsts = groupStarts(count, endSecond, secondsPerValue);
      return Float64Array.from({ length: count }, (_, i) => max(name, firsts(i), secondsPerValue));
    },
    stack: (names, count, endSecond, secondsPerValue) => {
      const firsts = groupStarts(count, endSecond, secondsPerValue);
      const sumAt = (second: number) => sumOf(names.map((name) => at(name, second)));
      const seconds = Array.from({ length: count }, (_, i) => greatestSecond(firsts(i), secondsPerValue, sumAt));
      return names.map((name) =>
        Float64Array.from(seconds, (second) => (second === undefined ? Number.NaN : at(name, second))),
      );
    },
  };
}

/** The first second of each group; groups begin at multiples of their length, so that they do not move as time goes on. */
function groupStarts(count: number, endSecond: number, secondsPerValue: number): (index: number) => number {
  const endGroup = Math.floor(endSecond / secondsPerValue);
  return (index) => (endGroup - count + 1 + index) * secondsPerValue;
}

/** The sum of what was read; NaN where nothing was. */
export function sumOf(values: readonly number[]): number {
  let sum = Number.NaN;
  for (const value of values) if (!Number.isNaN(value)) sum = Number.isNaN(sum) ? value : sum + value;
  return sum;
}

/** Of `count` seconds the one with the greatest value; undefined where nothing was read. */
function greatestSecond(first: number, count: number, read: (second: number) => number): number | undefined {
  let greatest = Number.NaN;
  let found: number | undefined;
  for (let second = first; second < first + count; second++) {
    const value = read(second);
    if (Number.isNaN(value) || value <= greatest) continue;
    greatest = value;
    found = second;
  }
  return found;
}

/** Sets the seconds between two readings: a few that were missed to the value of the second one, many to nothing. */
function fillGap(ring: Float32Array, lastSecond: number, second: number, value: number): void {
  const filling = second - lastSecond <= HELD_SECONDS ? value : Number.NaN;
  for (let s = Math.max(lastSecond + 1, second - HISTORY_SECONDS + 1); s < second; s++)
    ring[s % HISTORY_SECONDS] = filling;
}
