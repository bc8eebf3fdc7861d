import type { Benchmark } from './benchmark.js';
import { runFarm } from './farm.js';
import { formatResult } from './format-result.js';
import { runTrue } from './run-true.js';
import { statsSampleCost } from './stats-sample-cost.js';

/** A benchmark is a line here and a file that defines it. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'stats-sample-cost': statsSampleCost,
  'run-true': runTrue,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}: there are ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  for (const [name, benchmark] of Object.entries(BENCHMARKS)) {
    if (names.length > 0 && !names.includes(name)) continue;
    process.stdout.write(`${formatResult(benchmark, await runFarm(benchmark))}\n\n`);
  }
}
