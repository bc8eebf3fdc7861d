import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { apiBenchmarks } from './api-benchmarks.js';
import type { Benchmark } from './benchmark.js';
import { commandBenchmarks } from './command-benchmarks.js';
import { containerBenchmarks, networkBenchmarks } from './container-benchmarks.js';
import { runFarm } from './farm.js';
import { formatResult, formatTargets } from './format-result.js';
import { imageBenchmarks, shareImageWorld } from './image-benchmarks.js';
import { layerBenchmarks } from './layer-benchmarks.js';
import { logBenchmarks } from './log-benchmarks.js';
import { networkPathBenchmarks } from './network-benchmarks.js';
import { createPeerWorld } from './peer-world.js';
import { describePlace, formatSection, putSection } from './report.js';
import { screenBenchmarks } from './screen-benchmarks.js';
import { statsSampleCost } from './stats-sample-cost.js';

/** Written after each, as a run of all takes long. */
const REPORT = 'docs/benchmarks.md';

const images = shareImageWorld();
const world = createPeerWorld(['gantry', 'runc', 'podman', 'docker']);
const apis = createPeerWorld(['daemon', 'podman', 'docker']);
const bridged = createPeerWorld(['gantry', 'docker'], 'bridge');

/** A benchmark is a line here and a file that defines it. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  'stats-sample-cost': statsSampleCost,
  ...containerBenchmarks(world),
  ...networkBenchmarks(bridged),
  ...networkPathBenchmarks(bridged),
  ...commandBenchmarks(world),
  ...apiBenchmarks(apis),
  ...screenBenchmarks(),
  ...logBenchmarks(),
  ...imageBenchmarks(images),
  ...layerBenchmarks(),
};

/** Several that are asked for by one word. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  screen: Object.keys(screenBenchmarks()),
  api: Object.keys(apiBenchmarks(apis)),
};

const words = process.argv.slice(2);
const isWritten = words.length === 0 || words.includes('--write');
const names = words.filter((word) => word !== '--write').flatMap((name) => GROUPS[name] ?? [name]);
const unknown = names.filter((name) => !(name in BENCHMARKS));
if (unknown.length > 0) {
  process.stderr.write(`no benchmark ${unknown.join(', ')}: there are ${Object.keys(BENCHMARKS).join(', ')}\n`);
  process.exitCode = 2;
} else {
  const chosen = Object.entries(BENCHMARKS).filter(([name]) => names.length === 0 || names.includes(name));
  const judged: string[] = [];
  try {
    for (const [, benchmark] of chosen) {
      const result = await runFarm(benchmark);
      process.stdout.write(`${formatResult(benchmark, result)}\n\n`);
      judged.push(...formatTargets(benchmark, result.results));
      if (isWritten) writeSection(formatSection(benchmark, result, describePlace()));
    }
  } finally {
    await images.close().finally(bridged.close).finally(apis.close).finally(world.close);
  }
  const met = judged.filter((line) => line.endsWith(': met')).length;
  process.stdout.write(`${chosen.length} benchmarks, ${met} of ${judged.length} targets met\n`);
}

function writeSection(section: string): void {
  writeFileSync(REPORT, putSection(existsSync(REPORT) ? readFileSync(REPORT, 'utf8') : '', section));
}
