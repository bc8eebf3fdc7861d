import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Preloaded into a gantry (--import): at SIGUSR2 it collects all garbage and writes what is left of its memory to a file in
// the folder that GANTRY_TEST_MEMORY names.

const folder = process.env['GANTRY_TEST_MEMORY'] ?? '/nonexistent';
setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

async function tell(): Promise<void> {
  // What is released by one collection, such as what a finalizer held, goes with the next.
  for (let round = 0; round < 3; round++) {
    collect();
    await setImmediate();
  }
  const path = join(folder, `${process.pid}.json`);
  await writeFile(`${path}.new`, JSON.stringify(process.memoryUsage()));
  await rename(`${path}.new`, path);
}

process.on('SIGUSR2', () => void tell());
