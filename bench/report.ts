import { readFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { type Benchmark, quantile, type Result } from './benchmark.js';
import type { FarmResult } from './farm.js';
import { formatFigure, formatTargets } from './format-result.js';

/** How docs/benchmarks.md begins. */
const HEAD = `# Benchmarks

Written by \`npm run bench\`: each section is one run, in which the contestants took turns on one machine. Medians, with the tenth and the ninetieth percentile; what is below "times ours" is how often the median of ours fits into it.
`;

/** The document with the section in place of the one of the same benchmark, or at its end. An empty one is begun. */
export function putSection(document: string, section: string): string {
  const [head = '', ...sections] = (document === '' ? HEAD : document).split(/^(?=## )/m);
  const titleOf = (text: string): string => text.split('\n', 1)[0] ?? '';
  const at = sections.findIndex((known) => titleOf(known) === titleOf(section));
  const whole = `${section}\n`;
  return [head.trimEnd(), ...(at < 0 ? [...sections, whole] : sections.with(at, whole)).map((text) => text.trim())]
    .join('\n\n')
    .concat('\n');
}

/** A section of docs/benchmarks.md. `place` says when and on what it was run. */
export function formatSection(
  benchmark: Benchmark,
  { results, skipped, busyShare }: FarmResult,
  place: string,
): string {
  const ours = results.find(({ contestant }) => contestant === benchmark.ours);
  const own = ours && quantile(ours.figures, 0.5);
  return [
    `## ${benchmark.name}`,
    '',
    `| | ${benchmark.unit} | p10 to p90 | times ours |`,
    '|---|---|---|---|',
    ...results.map((result) => formatRow(result, own)),
    '',
    ...formatTargets(benchmark, results).map((line) => `${line[0]?.toUpperCase()}${line.slice(1)}.`),
    ...skipped.map((reason) => `Skipped: ${reason}.`),
    `${benchmark.runs} runs by turns, host ${Math.round(busyShare * 100)} % busy; ${place}.`,
  ].join('\n');
}

function formatRow({ contestant, figures, remark }: Result, own: number | undefined): string {
  const median = quantile(figures, 0.5);
  const spread = `${formatFigure(quantile(figures, 0.1))} to ${formatFigure(quantile(figures, 0.9))}`;
  const times = own === undefined || own === median ? '' : (median / own).toFixed(1);
  const name = remark === undefined ? contestant : `${contestant}: ${remark}`;
  return `| ${name.trim()} | ${formatFigure(median)} | ${spread} | ${times} |`;
}

/** The day, and the machine by what figures depend on. */
export function describePlace(): string {
  const [first] = cpus();
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const disk = readFileSync('/proc/mounts', 'utf8').match(/^\S+ \/ (\S+)/m)?.[1] ?? 'unknown';
  const day = new Date().toISOString().slice(0, 10);
  return `${day}, ${cpus().length} CPUs (${first?.model.trim() ?? 'unknown'}), ${memory}, Linux ${release()}, / on ${disk}, Node ${process.versions.node}`;
}
