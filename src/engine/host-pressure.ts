import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { HostPressure } from './engine.js';
import { parsePressure } from './isolation/cgroup/stats-sources.js';

/** The pressure of the whole host; undefined where the kernel keeps none. Kernel: accounting/psi.rst. */
export function readHostPressure(folder = '/proc/pressure'): HostPressure | undefined {
  // The kernel answers at once: to wait for threads would cost ten times as much.
  const read = (name: string) => parsePressure(readFileSync(join(folder, name), 'utf8'));
  try {
    return { cpu: read('cpu'), memory: read('memory'), io: read('io') };
  } catch {
    // Without CONFIG_PSI they are not there, and with psi=0 they cannot be read.
    return undefined;
  }
}
