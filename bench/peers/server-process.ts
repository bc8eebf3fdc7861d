import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { listProcesses, tryRemoveTree } from '../../src/engine/isolation/cgroup/group-folders.js';
import { readHostCgroups } from '../../src/engine/isolation/cgroup/open-driver.js';
import { waitUntil } from '../../src/engine/isolation/cgroup/wait-until.js';
import { kernelFiles } from '../../src/platform/kernel-file.js';

const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 15_000;

export interface ServerOptions {
  readonly program: string;
  readonly args: readonly string[];
  /** Where its log goes. */
  readonly folder: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly isReady: () => Promise<boolean>;
}

/** A peer's daemon, started for the benchmark and ended with it. */
export async function startServer(options: ServerOptions): Promise<{ readonly pid: number; stop(): Promise<void> }> {
  const log = openSync(join(options.folder, 'server.log'), 'a');
  const child = spawn(options.program, options.args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, ...options.env },
  });
  const ended = once(child, 'exit');
  const stop = async () => {
    child.kill('SIGTERM');
    const killer = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await ended;
    clearTimeout(killer);
  };
  const limit = performance.now() + START_LIMIT_MS;
  while (!(await options.isReady())) {
    if (child.exitCode !== null || performance.now() > limit) {
      if (child.exitCode === null) await stop();
      throw new Error(`${options.program} did not start: ${readLastLine(join(options.folder, 'server.log'))}`);
    }
    await delay(50);
  }
  return { pid: child.pid ?? 0, stop };
}

function readLastLine(path: string): string {
  return readFileSync(path, 'utf8').trim().split('\n').at(-1) ?? '';
}

/** Takes away what a peer has left mounted in its folder, the last mount first. */
export function unmountBelow(folder: string): void {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const points = lines.map((line) => line.split(' ')[4] ?? '').filter((point) => point.startsWith(`${folder}/`));
  for (const point of points.reverse()) execFileSync('umount', [point]);
}

const GROUP_LIMIT_MS = 10_000;

/** Takes away the cgroups of a peer with what is left in them: podman's monitors of execs stay for five minutes. */
export async function removeCgroups(parent: string): Promise<void> {
  const layout = readHostCgroups();
  const bases = [...(layout?.v1.values() ?? []), ...(layout?.unified ? [layout.unified] : [])];
  const folders = new Set(bases.map(({ base }) => join(base, parent)));
  const members = [...folders].flatMap((folder) => listProcesses(kernelFiles, folder));
  // Pid 0 stands for a process of another pid namespace, and would mean our own group to kill(2).
  for (const pid of new Set(members)) if (pid > 0) killQuietly(pid);
  for (const folder of folders) {
    const check = () => tryRemoveTree(kernelFiles, folder);
    await waitUntil({ files: kernelFiles, check, timeoutMs: GROUP_LIMIT_MS });
  }
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
