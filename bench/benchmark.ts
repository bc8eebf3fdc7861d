/** One way of doing the thing that is measured. */
export interface Contestant {
  readonly name: string;
  /** Does it once; the figure, in the benchmark's unit. */
  run(): Promise<number> | number;
  /** What else the counted runs have shown, in a few words. */
  remark?(): string;
  /** Called once at the end, also after a failure. */
  close?(): Promise<void> | void;
}

/** What is measured, by whom, and what it should be. */
export interface Benchmark {
  readonly name: string;
  /** What the figures are: `ms`, `µs of CPU`, `kB`. */
  readonly unit: string;
  /** The contestant that the others are compared with. */
  readonly ours: string;
  /** For ours, in the unit. */
  readonly target?: number;
  /** For ours, by the medians of the others. */
  readonly bounds?: readonly Bound[];
  readonly runs: number;
  open(): Promise<Contest> | Contest;
}

/** At most `times` of what a contestant has, and `plus` more. */
export interface Bound {
  /** Its name. Where it does not take part nothing is said. */
  readonly of: string;
  readonly times: number;
  /** In the benchmark's unit. */
  readonly plus?: number;
}

/** Who takes part. */
export interface Contest {
  readonly contestants: readonly Contestant[];
  /** Who does not, and why; a line each. */
  readonly skipped?: readonly string[];
}

export interface Result {
  readonly contestant: string;
  /** In the order of the runs. */
  readonly figures: readonly number[];
  readonly remark?: string;
}

/** The figure below which a share (0..1) of the figures lies. */
export function quantile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
