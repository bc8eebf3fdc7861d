import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tryRemoveTree } from '../src/engine/isolation/cgroup/group-folders.js';
import { readHostCgroups } from '../src/engine/isolation/cgroup/open-driver.js';
import { probeHost } from '../src/engine/isolation/host-probe.js';
import { kernelFiles } from '../src/platform/kernel-file.js';
import type { Benchmark, Contestant } from './benchmark.js';

const IMAGE = 'gantry-bench-busybox';

/** `true` in a container without a network, from nothing to its exit status, through each engine's command line. */
export const runTrue: Benchmark = {
  name: 'run --rm --network none busybox true',
  unit: 'ms',
  ours: 'gantry run',
  runs: 15,
  open() {
    const host = probeHost();
    const busybox = host.findCommand('busybox');
    if (busybox === undefined || !host.isStaticProgram(busybox)) throw new Error('needs a static busybox on PATH');
    const folder = mkdtempSync(join(tmpdir(), 'gantry-bench-'));
    const rootfs = makeRootfs(folder, busybox);
    const floor: Contestant = {
      name: 'fork, exec and exit on the host',
      run: () => time(busybox, ['true']),
      close: () => rmSync(folder, { recursive: true }),
    };
    return [
      floor,
      ...openGantry(folder),
      ...openRunc(folder, rootfs),
      ...openPodman(folder, rootfs),
      ...openDocker(folder, rootfs),
    ];
  },
};

function makeRootfs(folder: string, busybox: string): string {
  const rootfs = join(folder, 'rootfs');
  for (const name of ['bin', 'proc', 'sys', 'dev', 'etc', 'tmp']) mkdirSync(join(rootfs, name), { recursive: true });
  copyFileSync(busybox, join(rootfs, 'bin/busybox'));
  for (const name of ['true', 'sh', 'sleep']) symlinkSync('busybox', join(rootfs, 'bin', name));
  execFileSync('tar', ['-C', rootfs, '-cf', join(folder, 'rootfs.tar'), '.']);
  return rootfs;
}

/** The bundle that people start, with a state root of the benchmark's own. */
function openGantry(folder: string): readonly Contestant[] {
  const own = ['dist/bundle/gantry.mjs', '--root', join(folder, 'gantry'), '--run-root', join(folder, 'gantry-run')];
  try {
    execFileSync(process.execPath, [...own, 'import', join(folder, 'rootfs.tar'), IMAGE], { stdio: 'ignore' });
  } catch {
    // This build has no engine to open.
    return [];
  }
  const args = [...own, 'run', '--rm', '--network', 'none', IMAGE, 'true'];
  return [{ name: 'gantry run', run: () => time(process.execPath, args) }];
}

function openRunc(folder: string, rootfs: string): readonly Contestant[] {
  const runc = probeHost().findCommand('runc');
  if (runc === undefined) return [];
  execFileSync(runc, ['spec', '--bundle', folder]);
  const file = join(folder, 'config.json');
  const spec: { process: object; root: object } = JSON.parse(readFileSync(file, 'utf8'));
  spec.process = { ...spec.process, terminal: false, args: ['true'], rlimits: [] };
  spec.root = { path: rootfs, readonly: true };
  writeFileSync(file, JSON.stringify(spec));
  let count = 0;
  const run = () => time(runc, ['run', '--bundle', folder, `gantry-bench-${process.pid}-${count++}`]);
  return [{ name: 'runc run', run }];
}

/** Its storage and its cgroups are the benchmark's own: nothing of the user's is touched. */
function openPodman(folder: string, rootfs: string): readonly Contestant[] {
  const podman = probeHost().findCommand('podman');
  if (podman === undefined) return [];
  const own = ['--root', join(folder, 'podman'), '--runroot', join(folder, 'podman-run')];
  const parent = `/gantry-bench-podman-${process.pid}`;
  try {
    execFileSync(podman, [...own, 'import', `${rootfs}.tar`, IMAGE], { stdio: 'ignore' });
  } catch {
    // Installed, but it cannot work here: it does not take part.
    return [];
  }
  // Podman raises limits to the kernel's most, which without CAP_SYS_RESOURCE fails.
  const options = ['--cgroup-parent', parent, '--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];
  const args = [...own, 'run', '--rm', '--network', 'none', ...options, IMAGE, 'true'];
  const close = () => {
    execFileSync(podman, [...own, 'system', 'reset', '--force'], { stdio: 'ignore' });
    // It may leave its storage mounted on itself, and leaves its parent groups.
    const storage = join(folder, 'podman/overlay');
    if (readFileSync('/proc/self/mountinfo', 'utf8').includes(` ${storage} `)) execFileSync('umount', [storage]);
    removeGroups(parent);
  };
  return [{ name: 'podman run', run: () => time(podman, args), close }];
}

function removeGroups(name: string): void {
  const layout = readHostCgroups();
  const bases = [...(layout?.v1.values() ?? []), ...(layout?.unified ? [layout.unified] : [])];
  for (const { base } of bases) tryRemoveTree(kernelFiles, join(base, name));
}

/** Only where a daemon runs already: starting one would change the host's bridges. */
function openDocker(_folder: string, rootfs: string): readonly Contestant[] {
  const docker = probeHost().findCommand('docker');
  if (docker === undefined) return [];
  try {
    execFileSync(docker, ['import', `${rootfs}.tar`, IMAGE], { stdio: 'ignore' });
  } catch {
    // No daemon.
    return [];
  }
  const args = ['run', '--rm', '--network', 'none', IMAGE, 'true'];
  const close = () => void execFileSync(docker, ['rmi', IMAGE], { stdio: 'ignore' });
  return [{ name: 'docker run', run: () => time(docker, args), close }];
}

/** Wall time from the start of a program to its end, ms. */
async function time(program: string, args: readonly string[]): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(program, args, { stdio: 'ignore' });
  const [code] = await once(child, 'exit');
  const elapsed = performance.now() - startedAt;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${code}`);
  return elapsed;
}
