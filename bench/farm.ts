import type { Benchmark, Contestant, Result } from './benchmark.js';
import { waitForIdle } from './host-idle.js';

export interface FarmResult {
  readonly results: readonly Result[];
  /** Mean share of the CPUs that others used just before the runs, 0..1. */
  readonly busyShare: number;
  readonly skipped: readonly string[];
}

/**
 * Runs the contestants by turns, each turn in another order, when the host is idle: what else the machine does then hits
 * all of them alike. The first turn warms up and does not count.
 */
export async function runFarm(benchmark: Benchmark): Promise<FarmResult> {
  const { contestants, skipped = [] } = await benchmark.open();
  const figures = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  const remarks = new Map<string, string>();
  const busy: number[] = [];
  try {
    for (let turn = 0; turn <= benchmark.runs; turn++) {
      for (const contestant of rotate(contestants, turn)) {
        busy.push(await waitForIdle());
        const figure = await contestant.run();
        if (turn > 0) figures.get(contestant.name)?.push(figure);
      }
    }
    for (const { name, remark } of contestants) if (remark !== undefined) remarks.set(name, remark());
  } finally {
    // Last first: the later ones may live in what the first has made.
    for (const contestant of [...contestants].reverse()) await contestant.close?.();
  }
  const results = [...figures].map(([contestant, list]) => {
    const remark = remarks.get(contestant);
    return { contestant, figures: list, ...(remark === undefined ? {} : { remark }) };
  });
  return { results, skipped, busyShare: busy.reduce((sum, share) => sum + share, 0) / Math.max(1, busy.length) };
}

function rotate(contestants: readonly Contestant[], turn: number): readonly Contestant[] {
  const start = turn % Math.max(1, contestants.length);
  return [...contestants.slice(start), ...contestants.slice(0, start)];
}
