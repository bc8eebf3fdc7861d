import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Wall time from the start of a program to its end, ms. Rejects where its exit code is not 0. */
export async function timeProgram(program: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code]: unknown[] = await once(child, 'exit');
  const elapsed = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${String(code)}`);
  return elapsed;
}
