import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 40;
const MOST_BUSY = 0.1;
/** A host that is never idle is measured all the same; the report says how busy it was. */
const LIMIT_MS = 300;

/** Waits until the CPUs are nearly idle; the share that was in use at the last look, 0..1. */
export async function waitForIdle(): Promise<number> {
  const until = performance.now() + LIMIT_MS;
  for (;;) {
    const before = readCpuTimes();
    await delay(LOOK_MS);
    const after = readCpuTimes();
    const busy = 1 - (after.idle - before.idle) / Math.max(1, after.total - before.total);
    if (busy <= MOST_BUSY || performance.now() > until) return Math.max(0, busy);
  }
}

/** The first line of /proc/stat: ticks of user, nice, system, idle, iowait … since boot. */
function readCpuTimes(): { readonly idle: number; readonly total: number } {
  const [line = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = line.split(/\s+/).slice(1, 9).map(Number);
  const idle = (ticks[3] ?? 0) + (ticks[4] ?? 0);
  return { idle, total: ticks.reduce((sum, count) => sum + count, 0) };
}
