import { spawn } from 'node:child_process';
import { constants } from 'node:os';

/**
 * Runs a program of the host that has this process's terminal until it ends, and resolves with its exit code (128 and the signal that ended
 * it). Keys that interrupt go to it and to this process alike: the caller ignores their signals meanwhile. Rejects where it cannot be
 * started.
 */
export function runInTerminal(
  file: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(file, [...args], { stdio: 'inherit', env: { ...env } });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}
