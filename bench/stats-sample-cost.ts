import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Cgroup } from '../src/engine/isolation/cgroup/driver.js';
import { openCgroupDriver } from '../src/engine/isolation/cgroup/open-driver.js';
import { kernelFiles } from '../src/platform/kernel-file.js';
import type { Benchmark, Contestant } from './benchmark.js';

const SAMPLES = 2000;

/** CPU of one reading of one container's stats, in this process. */
export const statsSampleCost: Benchmark = {
  name: 'stats sample of one container',
  unit: 'µs of CPU',
  ours: 'kept descriptors, own network',
  target: 20,
  runs: 15,
  async open() {
    const driver = openCgroupDriver({ parent: `/gantry-bench-${process.pid}` });
    const { limits } = driver.check({ memoryBytes: 2 ** 26, nanoCpus: 5e8, pidsMax: 50 });
    const group = driver.create({ id: 'sample' }, { limits, devices: [{ allow: true, access: 'rwm' }] });
    const child = await startMember(group);
    const close = async () => {
      await group.remove();
      for (const folder of group.paths.remove) kernelFiles.removeDirectory(dirname(folder));
    };
    const contestants = [
      { ...keptReader('kept descriptors, own network', group, child.pid), close },
      keptReader('kept descriptors, host network', group),
      openEachTime(group),
    ];
    return { contestants };
  },
};

/** A process in a network namespace of its own that joins by itself. */
async function startMember({ paths }: Cgroup): Promise<ChildProcess> {
  const files = [...paths.v1.map((folder) => `${folder}/tasks`), ...(paths.v2 ? [`${paths.v2}/cgroup.procs`] : [])];
  const script = `for file in ${files.join(' ')}; do echo 0 > $file; done; echo ready; exec sleep 1000`;
  const child = spawn('unshare', ['--net', 'sh', '-c', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.unref();
  return child;
}

function keptReader(name: string, group: Cgroup, pid?: number): Contestant {
  return {
    name,
    run() {
      const reader = group.openStats(pid);
      try {
        return measureCpu(() => reader.read());
      } finally {
        reader.close();
      }
    },
  };
}

/** What reading the same figures costs without kept descriptors. */
function openEachTime({ paths }: Cgroup): Contestant {
  const wanted =
    /^(cpu\.stat|cpu\.cfs_.*_us|memory\.(usage|limit|max_usage)_in_bytes|memory\.(stat|current|max|events)|memory\.oom_control|pids\.(current|max)|.*io_serviced?_.*recursive|.*\.pressure|io\.stat)$/;
  const folders = [...paths.v1, ...(paths.v2 ? [paths.v2] : [])];
  const files = folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => wanted.test(name))
      .map((name) => join(folder, name)),
  );
  const buffer = Buffer.alloc(16 * 1024);
  return {
    name: `open, read, close ${files.length} files`,
    run: () =>
      measureCpu(() => {
        for (const file of files) {
          const fd = openSync(file, 'r');
          buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, 0));
          closeSync(fd);
        }
      }),
  };
}

function measureCpu(sample: () => void): number {
  for (let i = 0; i < SAMPLES / 4; i++) sample();
  const before = process.cpuUsage();
  for (let i = 0; i < SAMPLES; i++) sample();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / SAMPLES;
}
