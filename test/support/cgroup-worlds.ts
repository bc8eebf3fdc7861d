import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CgroupLayout } from '../../src/engine/isolation/cgroup/detect.js';
import type { Cgroup, CgroupDriver } from '../../src/engine/isolation/cgroup/driver.js';
import { openCgroupDriver, readHostCgroups } from '../../src/engine/isolation/cgroup/open-driver.js';
import { type KernelFiles, kernelFiles } from '../../src/platform/kernel-file.js';
import { compileProgram } from './compile-program.js';
import { makeFakeCgroup2 } from './fake-cgroup2.js';
import type { Requirement } from './requires.js';

export interface MemoryToUse {
  readonly anonBytes: number;
  readonly cacheBytes?: number;
}

/** A kernel, real or not, on which the contract of CgroupDriver is held. */
export interface CgroupWorld {
  readonly name: string;
  readonly needs: readonly Requirement[];
  open(): OpenWorld;
}

export interface OpenWorld {
  readonly driver: CgroupDriver;
  readonly files: KernelFiles;
  readonly hasPressure: boolean;
  /** A block device whose throttles may be set. */
  readonly device: string;
  /** Starts a process in the group that holds so much memory and waits; resolves when it does. */
  occupy(cgroup: Cgroup, use: MemoryToUse): Promise<void>;
  /** Removes what was made and everything in it. */
  close(): Promise<void>;
}

export const cgroupWorlds: readonly CgroupWorld[] = [
  { name: 'v1 of this kernel', needs: ['root', 'cgroup-v1', 'command:cc'], open: () => openRealWorld() },
  {
    name: 'v1 without a unified hierarchy',
    needs: ['root', 'cgroup-v1', 'command:cc'],
    open: () => openRealWorld({ unified: false }),
  },
  { name: 'v2 on a fake tree', needs: [], open: () => openFakeWorld() },
  { name: 'v2 of this kernel', needs: ['root', 'cgroup-v2', 'command:cc'], open: () => openRealWorld() },
];

/** The v1 world without its unified hierarchy, as on hosts that have none. */
export function openRealWorld(
  options: { readonly unified?: boolean; readonly isUnifiedOnly?: boolean } = {},
): OpenWorld {
  const detected = readHostCgroups();
  if (detected === undefined) throw new Error('no cgroups here');
  // In place of /tmp, which may be in memory: what is cached of it could not be dropped.
  const scratch = mkdtempSync('/var/tmp/gantry-cgroup-');
  const parent = `/gantry-test-${scratch.slice(-6)}-${process.pid}`;
  const layout = selectLayout(detected, options);
  const driver = openCgroupDriver({ parent, layout });
  let program: string | undefined;
  const children: ChildProcess[] = [];
  return {
    driver,
    files: kernelFiles,
    hasPressure: layout.mode !== 'v1',
    device: findBlockDevice(),
    async occupy(cgroup, use) {
      const cache = use.cacheBytes === undefined ? [] : [String(use.cacheBytes), join(scratch, 'cache')];
      program ??= compileProgram('load', scratch);
      const child = startInside(cgroup, [program, String(use.anonBytes), ...cache, 'wait']);
      children.push(child);
      await waitForReady(child);
    },
    async close() {
      try {
        for (const id of driver.list()) await driver.open({ id }).remove();
        driver.removeParent();
      } finally {
        for (const child of children) child.kill('SIGKILL');
        rmSync(scratch, { recursive: true });
      }
    },
  };
}

/** This kernel's unified hierarchy as if it were all: on a hybrid host it has no controllers, but takes programs. */
export function openUnifiedWorld(): OpenWorld {
  return openRealWorld({ isUnifiedOnly: true });
}

/** A kernel with cgroup v2 and every controller. */
export function openFakeWorld(): OpenWorld {
  const scratch = mkdtempSync(join(tmpdir(), 'gantry-cgroup-'));
  const fake = makeFakeCgroup2(join(scratch, 'cgroup2'));
  const { mountPoint, files } = fake;
  const controllers = files.read(`${mountPoint}/cgroup.controllers`).split(' ');
  const driver = openCgroupDriver({
    parent: '/gantry-test',
    files,
    layout: { mode: 'v2', v1: new Map(), unified: { mountPoint, base: mountPoint, controllers } },
    cpus: 2,
    toMajorMinor: () => '8:0',
  });
  let pid = 1000;
  return {
    driver,
    files,
    hasPressure: true,
    device: '/dev/sda',
    occupy(cgroup, { anonBytes, cacheBytes = 0 }) {
      fake.addProcess(cgroup.paths.v2 ?? '', pid++, { anonBytes, cacheBytes });
      return Promise.resolve();
    },
    close() {
      rmSync(scratch, { recursive: true });
      return Promise.resolve();
    },
  };
}

/** A disk, or a loop device where there is none. */
export function findBlockDevice(): string {
  const names = readdirSync('/sys/block').filter((name) => existsSync(`/dev/${name}`));
  const isMade = (name: string) => /^(loop|ram|zram|dm-|md)/.test(name);
  return `/dev/${names.find((name) => !isMade(name)) ?? names[0] ?? 'vda'}`;
}

function selectLayout(
  detected: CgroupLayout,
  { unified: keepsUnified, isUnifiedOnly }: { readonly unified?: boolean; readonly isUnifiedOnly?: boolean },
): CgroupLayout {
  const { unified, v1 } = detected;
  if (keepsUnified === false) return { mode: 'v1', v1 };
  return isUnifiedOnly === true && unified !== undefined ? { mode: 'v2', v1: new Map(), unified } : detected;
}

/** Runs a program that is in the group from its first instruction on: the shell joins by itself, then becomes it. */
export function startInside(cgroup: Cgroup, command: readonly string[]): ChildProcess {
  const joins = [
    ...cgroup.paths.v1.map((folder) => `echo 0 > ${folder}/tasks`),
    ...(cgroup.paths.v2 === undefined ? [] : [`echo 0 > ${cgroup.paths.v2}/cgroup.procs`]),
  ];
  const script = `set -e; ${joins.join('; ')}; exec "$@"`;
  return spawn('sh', ['-c', script, 'sh', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
}

/** Resolves when the load program says that it holds what it should. */
export async function waitForReady(child: ChildProcess): Promise<void> {
  if (child.stdout === null) throw new Error('the program has no output');
  const [first] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  if (!String(first).startsWith('ready')) throw new Error(`the program ended: ${String(first)}`);
}
