import { readdirSync } from 'node:fs';
import { readProcessStat } from '../../src/platform/proc.js';

/** Processes whose parent is `parent`. */
export function listChildren(parent: number): readonly number[] {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.filter((pid) => readProcessStat(pid)?.parentPid === parent);
}
