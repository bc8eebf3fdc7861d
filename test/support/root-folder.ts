import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
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
    act(await waitFor('the root to be mounted', () => findRoot(`/proc/${holder.pid}/fd`)));
  } finally {
    holder.kill('SIGKILL');
    if (holder.exitCode === null && holder.signalCode === null) await once(holder, 'exit');
  }
}

/** A mount that is attached nowhere is its own top. */
function findRoot(descriptors: string): string | undefined {
  const paths = readdirSync(descriptors).map((name) => `${descriptors}/${name}`);
  return paths.find((path) => {
    try {
      return readlinkSync(path) === '/';
    } catch {
      // Closed meanwhile.
      return false;
    }
  });
}
