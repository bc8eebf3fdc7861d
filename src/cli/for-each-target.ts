import { EngineError } from '../model/errors.js';
import type { CommandCall } from './command-spec.js';
import { exitCodeOf } from './exit-codes.js';
import { writeOutput } from './write-output.js';

/**
 * Does something to each thing that was named, at the same time, and prints the names of those it was done to in their
 * order; then the failures, in theirs. One failure does not stop the others.
 */
export async function forEachTarget(
  call: CommandCall,
  names: readonly string[],
  act: (name: string) => Promise<string | undefined>,
): Promise<number> {
  const running = names.map((name) => act(name));
  for (const result of running) {
    // Each is awaited below, in order; a failure before its turn must not count as unhandled.
    result.catch(() => undefined);
  }
  const failures: unknown[] = [];
  for (const result of running) {
    try {
      const line = await result;
      await call.cli.print(line === undefined ? '' : `${line}\n`);
    } catch (error) {
      failures.push(error);
    }
  }
  for (const failure of failures) {
    if (!(failure instanceof EngineError)) {
      throw failure;
    }
    await writeOutput(call.cli.stderr, `gantry: ${failure.message}\n`);
  }
  return failures.length === 0 ? 0 : exitCodeOf(failures[0], call.name);
}

/** Does it, unless it is done already: what is so needs no change. */
export async function ignoreNotModified(change: Promise<unknown>): Promise<void> {
  try {
    await change;
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'not-modified')) {
      throw error;
    }
  }
}
