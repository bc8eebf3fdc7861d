import { readFileSync } from 'node:fs';

/** Proportional set size: what the process has alone and its share of what it has with others. proc_pid_smaps_rollup(5) */
export function readPssKilobytes(pid: number): number {
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? [];
  return Number(kilobytes ?? Number.NaN);
}
