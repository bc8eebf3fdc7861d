import { createInterface } from 'node:readline/promises';
import type { Cli } from '../command-spec.js';

/** Asks before something is removed; only `y` or `Y` is a yes. */
export async function confirm(cli: Cli, warning: string): Promise<boolean> {
  const lines = createInterface({ input: cli.stdin, output: cli.stdout, terminal: false });
  try {
    const answer = await Promise.race([
      lines.question(`${warning}\nAre you sure you want to continue? [y/N] `),
      new Promise<string>((resolve) => lines.once('close', () => resolve(''))),
    ]);
    return answer.trim().toLowerCase() === 'y';
  } finally {
    lines.close();
  }
}
