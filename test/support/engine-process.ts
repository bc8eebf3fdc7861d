import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { LocalEngineOptions } from '../../src/engine/local-engine.js';

const program = fileURLToPath(new URL('programs/engine-steps.js', import.meta.url));

/** An engine in a process of its own, to be killed. */
export interface EngineProcess {
  readonly pid: number;
  /** Lets the steps begin. Resolves with true once all are done, with false when the process ended before. */
  go(): Promise<boolean>;
  /** SIGKILL; resolves when it has gone. */
  kill(): Promise<void>;
}

/** Resolves when the engine is open; killed with the test at the latest. */
export async function startEngineProcess(
  t: TestContext,
  options: LocalEngineOptions,
  steps: readonly object[],
): Promise<EngineProcess> {
  const words = [program, JSON.stringify(options), ...steps.map((step) => JSON.stringify(step))];
  const child = spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  const gone = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  t.after(kill);
  child.stdin.on('error', () => undefined);
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  await lines.next();
  return {
    pid: child.pid ?? 0,
    go: async () => {
      child.stdin.write('go\n');
      for (const _ of steps) {
        if ((await lines.next()).done === true) return false;
      }
      return true;
    },
    kill,
  };
}

/** Ends the main thread of a process with SIGKILL at its `count`-th call of one of `calls`. Resolves when it is attached. */
export async function killAtCall(t: TestContext, pid: number, calls: string, count: number): Promise<void> {
  const inject = `inject=${calls}:signal=KILL:when=${count}`;
  const tracer = spawn('strace', ['-p', String(pid), '-e', `trace=${calls}`, '-e', inject, '-o', '/dev/null'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => tracer.kill());
  for await (const text of tracer.stderr) {
    if (/attached/.test(String(text))) break;
  }
  tracer.stderr.resume();
}
