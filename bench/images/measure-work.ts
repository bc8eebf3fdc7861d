import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { listDescendants } from '../../src/engine/isolation/namespaces.js';
import { readProcessStat, readProcessStatus } from '../../src/platform/proc.js';

/** What a command has cost, its own processes and those of the daemon that works for it. */
export interface Work {
  readonly wallMs: number;
  readonly cpuSeconds: number;
  /** Most that all processes had resident together, looked at ten times a second; 0 where it was too quick to be seen. */
  readonly residentMegabytes: number;
}

const LOOK_MS = 100;
const TICKS_PER_SECOND = 100;

/** Runs a program to its end. Rejects with what it has said where its exit code is not 0. */
export async function measureWork(words: readonly string[], daemons: readonly number[] = []): Promise<Work> {
  const [program = '', ...args] = words;
  const before = readTicks(daemons);
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-500);
  });
  let residentMegabytes = 0;
  const look = setInterval(() => {
    residentMegabytes = Math.max(residentMegabytes, readResident([child.pid ?? 0, ...daemons]));
  }, LOOK_MS);
  const [code]: unknown[] = await once(child, 'close').finally(() => clearInterval(look));
  const wallMs = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${words.join(' ')} ended with ${String(code)}: ${said}`);
  return { wallMs, cpuSeconds: (readTicks(daemons) - before) / TICKS_PER_SECOND, residentMegabytes };
}

/** CPU of the children that this process has waited for, and of the daemons with theirs, 1/100 s. */
function readTicks(daemons: readonly number[]): number {
  const own = readWaitedTicks(process.pid);
  return daemons.flatMap(listDescendants).reduce((sum, pid) => {
    const stat = readProcessStat(pid);
    return stat === undefined ? sum : sum + stat.userTicks + stat.systemTicks + readWaitedTicks(pid);
  }, own);
}

/** Fields 16 and 17 of proc_pid_stat(5). */
function readWaitedTicks(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return Number(fields[13]) + Number(fields[14]);
}

function readResident(roots: readonly number[]): number {
  const pids = new Set(roots.flatMap(listDescendants));
  const kilobytes = [...pids].map((pid) => Number.parseInt(readProcessStatus(pid)?.get('VmRSS') ?? '0', 10));
  return kilobytes.reduce((sum, one) => sum + one, 0) / 1024;
}
