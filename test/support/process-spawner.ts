import type { TestContext } from 'node:test';
import { createProcessSpawner, type ProcessSpawner } from '../../src/platform/process-spawner.js';
import { nativeProgram } from './native-program.js';
import { makeTemporaryFolder } from './temporary-folder.js';

/** Starts roles of gantry-init until the test ends. */
export function makeSpawner(t: TestContext, program = nativeProgram): ProcessSpawner {
  const spawner = createProcessSpawner(program, makeTemporaryFolder(t));
  t.after(() => spawner.close());
  return spawner;
}
