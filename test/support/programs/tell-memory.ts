import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

// Preloaded into a gantry (--import): at SIGUSR2 it collects all garbage and writes how many bytes its objects have then, on the
// heap and outside of it, to a file in the folder that GANTRY_TEST_MEMORY names.

const folder = process.env['GANTRY_TEST_MEMORY'] ?? '/nonexistent';
setFlagsFromString('--expose-gc');
/** Spaces of what V8 makes of the program's code, which comes and goes as functions are used. */
const CODE = /^(code|trusted|shared_trusted|read_only)_/;
const collect = runInNewContext('gc') as () => void;

async function tell(): Promise<void> {
  // What is released by one collection, such as what a finalizer held, goes with the next.
  for (let round = 0; round < 3; round++) {
    collect();
    await setImmediate();
  }
  const path = join(folder, `${process.pid}`);
  const spaces = getHeapSpaceStatistics().filter(({ space_name }) => !CODE.test(space_name));
  const heapBytes = spaces.reduce((sum, { space_used_size }) => sum + space_used_size, 0);
  await writeFile(`${path}.new`, String(heapBytes + process.memoryUsage().external));
  await rename(`${path}.new`, path);
}

process.on('SIGUSR2', () => void tell());
