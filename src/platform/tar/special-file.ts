import { runProgram } from '../run-program.js';
import type { FileEntry } from './file-entry.js';

/** Makes a pipe or a device, mode 0600: by mknod(1), as Node has no call for mknod(2). Rejects with its reason. */
export async function makeSpecialFile(path: string, { kind, major, minor }: FileEntry): Promise<void> {
  const type = kind === 'fifo' ? ['p'] : [kind === 'block' ? 'b' : 'c', String(major), String(minor)];
  let reason = '';
  const { exitCode } = await runProgram('mknod', ['-m', '0600', '--', path, ...type], {
    onLine: (line) => {
      reason = line;
    },
  });
  if (exitCode !== 0) throw new Error(`cannot create ${path}: ${reason}`);
}
