import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPressure } from './engine.js';
import { parsePressure } from './isolation/cgroup/stats-sources.js';

/** The pressure of the whole host; undefined where the kernel keeps none. Kernel: accounting/psi.rst. */
export async function readHostPressure(folder = '/proc/pressure'): Promise<HostPressure | undefined> {
  const read = async (name: string) => parsePressure(await readFile(join(folder, name), 'utf8'));
  try {
    const [cpu, memory, io] = await Promise.all([read('cpu'), read('memory'), read('io')]);
    return { cpu, memory, io };
  } catch {
    // Without CONFIG_PSI they are not there, and with psi=0 they cannot be read.
    return undefined;
  }
}
