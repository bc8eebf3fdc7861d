import { type Benchmark, quantile, type Result } from './benchmark.js';
import type { FarmResult } from './farm.js';

/** A few lines for one benchmark: median, tenth and ninetieth percentile, and how often ours fits into each. */
export function formatResult(benchmark: Benchmark, { results, skipped, busyShare }: FarmResult): string {
  const ours = results.find(({ contestant }) => contestant === benchmark.ours);
  const width = Math.max(...results.map(({ contestant }) => contestant.length));
  const lines = results.map((result) => formatLine(result, ours, width));
  const title = `${benchmark.name}, ${benchmark.unit} (${benchmark.runs} runs by turns, host ${Math.round(busyShare * 100)} % busy)`;
  const absent = skipped.map((reason) => `  skipped: ${reason}`);
  const targets = formatTargets(benchmark, results).map((line) => `  ${line}`);
  return [title, ...lines, ...absent, ...targets].join('\n');
}

/** A line for each target, and whether it is met. */
export function formatTargets(benchmark: Benchmark, results: readonly Result[]): readonly string[] {
  const ours = results.find(({ contestant }) => contestant === benchmark.ours);
  return [...formatTarget(benchmark, ours), ...formatBounds(benchmark, results)];
}

function formatLine({ contestant, figures, remark }: Result, ours: Result | undefined, width: number): string {
  const median = quantile(figures, 0.5);
  const spread = `p10 ${formatFigure(quantile(figures, 0.1))}  p90 ${formatFigure(quantile(figures, 0.9))}`;
  const ratio = ours === undefined || ours.contestant === contestant ? '' : median / quantile(ours.figures, 0.5);
  const times = ratio === '' ? '' : `  ${ratio.toFixed(1)}x ours`;
  return `  ${contestant.padEnd(width)}  ${formatFigure(median).padStart(8)}  ${spread}${times}${remark === undefined ? '' : `  ${remark}`}`;
}

function formatTarget({ target }: Benchmark, ours: Result | undefined): readonly string[] {
  if (target === undefined || ours === undefined) return [];
  return [`target ${target}: ${judge(quantile(ours.figures, 0.5), target)}`];
}

function formatBounds({ bounds = [], ours }: Benchmark, results: readonly Result[]): readonly string[] {
  const medianOf = (name: string) => {
    const found = results.find(({ contestant }) => contestant === name);
    return found && quantile(found.figures, 0.5);
  };
  return bounds.flatMap(({ of, times, plus = 0 }) => {
    const [own, other] = [medianOf(ours), medianOf(of)];
    if (own === undefined || other === undefined) return [];
    const most = times * other + plus;
    const share = times < 1 ? `1/${Math.round(1 / times)} of` : `${times} times`;
    const more = plus === 0 ? '' : ` and ${plus}`;
    return [`target ${share} ${of}${more}, ${formatFigure(most)}: ${judge(own, most)}`];
  });
}

function judge(median: number, most: number): string {
  return median <= most ? 'met' : `missed by ${formatFigure(median - most)}`;
}

/** Three digits, or all of a whole number. */
export function formatFigure(figure: number): string {
  return figure >= 100 ? figure.toFixed(0) : figure.toPrecision(3);
}
