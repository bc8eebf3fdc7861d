import { spawnSync } from 'node:child_process';
import { splitPair } from '../model/run-environment.js';
import { errnoOf } from './kernel-file.js';

/** A program as OCI's hooks are: config.md, "POSIX-platform Hooks". */
export interface HookProgram {
  readonly path: string;
  /** With the name at its beginning. */
  readonly args?: readonly string[] | undefined;
  /** The whole environment, `K=V`. */
  readonly env?: readonly string[] | undefined;
  /** Seconds after which it is killed. */
  readonly timeout?: number | undefined;
}

/** Runs it to its end, in `folder`, with `input` to read. Throws where it cannot be run, fails or takes too long. */
export function runHook(hook: HookProgram, folder: string, input: string): void {
  const [argv0 = hook.path, ...args] = hook.args ?? [];
  const { status, signal, error, stdout, stderr } = spawnSync(hook.path, args, {
    argv0,
    cwd: folder,
    env: Object.fromEntries((hook.env ?? []).map(splitPair).map(([name, value = '']) => [name, value])),
    input,
    encoding: 'utf8',
    ...(hook.timeout !== undefined && { timeout: hook.timeout * 1000, killSignal: 'SIGKILL' as const }),
  });
  const said = `stdout: ${stdout ?? ''}, stderr: ${stderr ?? ''}`;
  // A hook need not read its input.
  if (error !== undefined && errnoOf(error) !== 'EPIPE') throw new Error(`${error.message}, ${said}`);
  if (status !== 0) throw new Error(`${signal === null ? `exit status ${status}` : `signal: ${signal}`}, ${said}`);
}
