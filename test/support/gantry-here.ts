import { join } from 'node:path';
import type { Engine } from '../../src/engine/engine.js';
import { openLocalEngine } from '../../src/engine/local-engine.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import { type Gantry, openGantry, printers } from './gantry.js';
import { nativeProgram } from './native-program.js';
import { runCommand } from './run-command.js';

/**
 * Its commands are run in this process, on one engine, for tests of what they do to containers: a process for each command takes ten times
 * what the command does. What is started by `start` and `startInTerminal` is a process still.
 */
export function openGantryHere(): Gantry {
  const gantry = openGantry();
  const root = join(gantry.folder, 'root');
  let opened: Promise<Engine> | undefined;
  const open = (): Promise<Engine> => {
    opened ??= openLocalEngine({
      root,
      runRoot: join(gantry.folder, 'run'),
      program: nativeProgram,
      cgroupParent: cgroupParentOf(root, ''),
    });
    return opened;
  };
  const run: Gantry['run'] = async (words, stdin) => {
    const engine = { ...(await open()), close: () => Promise.resolve() };
    const env = { FROM_CALLER: 'yes', HOME: gantry.folder, PATH: process.env['PATH'] ?? '' };
    return await runCommand(engine, words, { env, workingDir: gantry.folder, ...(stdin !== undefined && { stdin }) });
  };
  return {
    ...gantry,
    run,
    ...printers(run),
    close: async () => {
      await (await opened)?.close();
      await gantry.close();
    },
  };
}
