import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { isDevice } from '../../src/engine/layers/drivers/device-files.js';
import { nativeProgram } from './native-program.js';
import { waitFor } from './wait-for.js';

/** Hands a test the folder in which a container's own files are, so that it can change them behind the engine's back. */
export async function withRootFolder(upper: string, act: (folder: string) => void): Promise<void> {
  if (!isDevice(upper)) {
    act(upper);
    return;
  }
  // Mounted by a process that waits for files to unpack, and seen through its descriptor.
  const holder = spawn(nativeProgram, ['unpack', '', '', 'overlay', upper, '-', '0', '0'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  try {
    act(await waitFor('the root to be mounted', () => findRoot(`/proc/${holder.pid}`)));
  } finally {
    holder.kill('SIGKILL');
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
  }
}

/**
 * A mount that is attached nowhere is its own top; so is the host's root. Before it is gantry-init a process has this one's descriptors;
 * and gantry-init begins with a mount of itself, which cannot be written.
 */
function findRoot(process: string): string | undefined {
  if (!readFileSync(`${process}/cmdline`, 'utf8').startsWith(nativeProgram)) return undefined;
  const { dev } = statSync('/');
  const paths = readdirSync(`${process}/fd`).map((name) => `${process}/fd/${name}`);
  return paths.find((path) => {
    try {
      if (readlinkSync(path) !== '/' || statSync(path).dev === dev) return false;
      accessSync(path, constants.W_OK);
      return true;
    } catch {
      // Closed meanwhile, or read-only.
      return false;
    }
  });
}
