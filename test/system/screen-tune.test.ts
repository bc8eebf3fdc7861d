import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { listCgroups } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { startInTerminal, type TerminalProgram } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';

const [RIGHT, DOWN] = ['\x1b[C', '\x1b[B'];
const MIB = 2 ** 20;
let folder = '';
let env: Record<string, string> = {};

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-tune-'));
  env = {
    ...{ GANTRY_ROOT: join(folder, 'root'), GANTRY_RUN_ROOT: join(folder, 'run') },
    ...{ XDG_CONFIG_HOME: join(folder, 'config'), HOME: folder },
  };
});

after(() => {
  gantry('rm', '--force', 'tuned');
  for (const path of listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry'))) rmdirSync(path);
  rmSync(folder, { recursive: true, force: true });
});

function gantry(...args: readonly string[]): string {
  const { stdout } = spawnSync('./gantry', [...args], { env: { ...process.env, ...env }, encoding: 'utf8' });
  return stdout;
}

/** What the first of these files of the container's groups holds: v1 names come before those of v2. */
function readKernel(...names: readonly string[]): string {
  const id = gantry('inspect', '--format', '{{.Id}}', 'tuned').trim();
  const parents = listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry'));
  const paths = names.flatMap((name) => parents.map((parent) => join(parent, id, name)));
  const found = paths.find((path) => existsSync(path));
  assert.ok(found !== undefined, `none of ${names.join(', ')} in the groups of ${id}`);
  return readFileSync(found, 'utf8').trim();
}

async function openTuning(): Promise<TerminalProgram> {
  gantry('run', '--detach', '--name', 'tuned', '--memory', '64m', '--cpus', '0.5', 'host', 'sleep', '1000');
  const terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
  await terminal.waitFor(/▸tuned +● up/, 30_000);
  terminal.type('u');
  await terminal.waitFor('▸memory');
  return terminal;
}

test('moved and typed limits are what the kernel holds, and z takes them back', requires('root'), async () => {
  const terminal = await openTuning();
  const quota = () => Number(readKernel('cpu.cfs_quota_us', 'cpu.max').split(' ')[0]);
  try {
    terminal.type(`${RIGHT}\r`);
    await terminal.waitFor(/memory 64M → 80M applied in .* read back/);
    assert.equal(Number(readKernel('memory.limit_in_bytes', 'memory.max')), 80 * MIB);
    terminal.type(`${DOWN}${RIGHT}\r`);
    await terminal.waitFor(/cpus 0\.50 → 0\.55 applied/);
    assert.equal(quota(), 55_000);
    terminal.type(DOWN);
    await terminal.waitFor('▸pids');
    terminal.type('24\r');
    await terminal.waitFor(/pids max → 24 applied/);
    assert.equal(readKernel('pids.max'), '24');
    terminal.type(DOWN.repeat(2));
    await terminal.waitFor('▸reserve');
    terminal.type('32m\r');
    await terminal.waitFor(/memoryReservation max → 32M applied/);
    assert.equal(Number(readKernel('memory.soft_limit_in_bytes', 'memory.low')), 32 * MIB);
    terminal.type(DOWN);
    await terminal.waitFor('▸shares');
    terminal.type('512\r');
    await terminal.waitFor(/cpuShares max → 512 applied/);
    assert.equal(readKernel('cpu.shares', 'cpu.weight'), existsSync('/sys/fs/cgroup/cpu') ? '512' : '59');
    terminal.type(DOWN);
    await terminal.waitFor('▸cpuset');
    terminal.type('0\r');
    await terminal.waitFor(/cpusetCpus max → 0 applied/);
    assert.equal(readKernel('cpuset.cpus'), '0');
    terminal.type('zzzz');
    await terminal.waitFor(/pids 24 → max applied/);
    assert.equal(readKernel('pids.max'), 'max');
    assert.notEqual(readKernel('cpuset.cpus'), '0');
    terminal.type('@');
    await terminal.waitFor('gantry update --cpuset-cpus 0 tuned');
    await terminal.waitFor('gantry update --pids-limit 24 tuned');
  } finally {
    terminal.kill();
    await terminal.exited;
    gantry('rm', '--force', 'tuned');
  }
});

test(
  'live, a step is in the kernel without another key, and an impossible one is refused in words',
  requires('root'),
  async () => {
    const terminal = await openTuning();
    const memory = () => Number(readKernel('memory.limit_in_bytes', 'memory.max'));
    try {
      terminal.type('L');
      await terminal.waitFor('live on');
      terminal.type(RIGHT);
      await waitUntil('the kernel', () => memory() === 80 * MIB);
      // The limit line stands there too.
      await terminal.waitFor(/MEM \S+ of 80M/);
      terminal.type('L');
      terminal.type('1m\r');
      await terminal.waitFor('Minimum memory limit allowed is 4MB');
      assert.equal(memory(), 80 * MIB);
      terminal.type('\x1b');
      await terminal.waitFor('as the kernel has it');
      terminal.type(DOWN.repeat(6));
      await terminal.waitFor('▸cpuset');
      terminal.type('4000\r');
      await terminal.waitFor(/Requested CPUs are not available/);
    } finally {
      terminal.kill();
      await terminal.exited;
      gantry('rm', '--force', 'tuned');
    }
  },
);
