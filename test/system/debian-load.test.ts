import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { openLocalEngine } from '../../src/engine/local-engine.js';
import { cgroupParentOf } from '../../src/engine/system.js';
import type { CgroupStats } from '../../src/model/cgroup-stats.js';
import type { ContainerId } from '../../src/model/ids.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { type LoadImage, makeLoadImage } from '../support/load-image.js';
import { nativeProgram } from '../support/native-program.js';
import { requires } from '../support/requires.js';
import type { TerminalProgram } from '../support/terminal.js';

const isDebian = process.env['GANTRY_TEST_BOOTSTRAP'] !== undefined;
const needs = requires(
  'root',
  'overlay',
  'command:tar',
  isDebian ? 'command:debootstrap' : 'command:cc',
  'command:busybox',
);
const MIB = 2 ** 20;

let gantry: Gantry;
let engine: Engine;
let load: LoadImage;

before(async () => {
  if (needs.skip !== undefined) return;
  gantry = openGantry();
  load = makeLoadImage(gantry.folder);
  const root = join(gantry.folder, 'root');
  const runRoot = join(gantry.folder, 'run');
  engine = await openLocalEngine({ root, runRoot, program: nativeProgram, cgroupParent: cgroupParentOf(root, '') });
});

after(async () => {
  await engine?.close();
  await gantry?.close();
});

const print = (...words: readonly string[]) => gantry.print(...words);

/** The first reading that is as asked. */
async function readUntil(id: string, isWanted: (stats: CgroupStats) => boolean): Promise<CgroupStats> {
  const signal = AbortSignal.timeout(30_000);
  for await (const stats of engine.containers.stats(id, { intervalMs: 100, signal })) {
    if (isWanted(stats)) return stats;
  }
  throw new Error('the container ended, or 30 s went by');
}

test(
  `an imported ${isDebian ? 'debian' : 'root file system'} under load is throttled, then killed, and all say so`,
  needs,
  async (t) => {
    await print('import', load.tar, 'loaded:1');
    const script = `${load.burn} & until [ -e /grow ]; do sleep 0.1; done; exec ${load.grow}`;
    const limits = ['--memory', '64m', '--cpus', '0.5'];
    const id = (await print('run', '-d', '--name', 'load', ...limits, 'loaded:1', 'sh', '-c', script)) as ContainerId;
    const screen = gantry.startInTerminal([]);
    try {
      await showThrottling(id, screen, (text) => t.diagnostic(text));
      await showKillOfChild(id, screen, (text) => t.diagnostic(text));
    } finally {
      screen.kill();
    }
    await showKillOfAll(id);
  },
);

async function showThrottling(id: string, screen: TerminalProgram, tell: (text: string) => void): Promise<void> {
  const first = await readUntil(id, ({ cpu }) => cpu.throttledPeriods >= 1);
  const stats = await readUntil(id, ({ cpu }) => cpu.throttledPeriods >= first.cpu.throttledPeriods + 20);
  const seconds = (stats.atMs - first.atMs) / 1000;
  const cpus = (stats.cpu.usageUs - first.cpu.usageUs) / 1e6 / seconds;
  const share = (stats.cpu.throttledPeriods - first.cpu.throttledPeriods) / (stats.cpu.periods - first.cpu.periods);
  tell(
    `${cpus.toFixed(3)} CPUs of 0.5 over ${seconds.toFixed(1)} s, throttled in ${(share * 100).toFixed(0)} % of periods`,
  );
  // Two programs would use two CPUs; the quota is exact to a period.
  assert.ok(cpus < 0.6, `${cpus} CPUs`);
  assert.deepEqual([stats.cpu.limitNanoCpus, stats.memory.limitBytes], [5e8, 64 * MIB]);
  // A look that begins and ends within a period sees one share of the quota more than it has periods: not each of several can.
  const wanted = /^[0-5]?\d\.\d\d% .* \/ 64MiB$/;
  let row = '';
  for (let look = 0; look < 5 && !wanted.test(row); look++) {
    row = await print('stats', '--no-stream', '--format', '{{.CPUPerc}} {{.MemUsage}}', 'load');
    tell(`gantry stats: ${row}`);
  }
  assert.match(row, wanted);
  await screen.waitFor(/load .*t\d+%/, 15_000);
}

async function showKillOfChild(id: string, screen: TerminalProgram, tell: (text: string) => void): Promise<void> {
  await gantry.run(['exec', 'load', ...load.overflow]);
  // The kernel's highest mark is read more rarely than the kills are.
  const isKill = ({ memory }: CgroupStats) => memory.oomKills >= 1 && (memory.peakBytes ?? 0) > 60 * MIB;
  const { memory } = await readUntil(id, isKill);
  tell(`${memory.oomKills} OOM kills, peak ${((memory.peakBytes ?? 0) / MIB).toFixed(1)} MiB of 64`);
  assert.ok((memory.peakBytes ?? 0) <= 64 * MIB);
  assert.equal(await print('inspect', '-f', '{{.State.Status}}', 'load'), 'running');
  await screen.waitFor(/load .*OOM/, 15_000);
}

async function showKillOfAll(id: string): Promise<void> {
  const waiting = gantry.run(['wait', 'load']);
  await print('exec', 'load', 'touch', '/grow');
  assert.equal((await waiting).stdout, '137\n');
  assert.equal(
    await print('inspect', '-f', '{{.State.OOMKilled}} {{.State.ExitCode}} {{.State.Status}}', id),
    'true 137 exited',
  );
  assert.match(await print('ps', '-a', '--format', '{{.Names}} {{.Status}}'), /^load Exited \(137\) /);
  const events = await print(
    'events',
    '--since',
    '5m',
    '--until',
    '0s',
    '--filter',
    'container=load',
    '--format',
    '{{.Action}} {{.Actor.Attributes.exitCode}}',
  );
  const told = events.split('\n').map((line) => line.replace(' <no value>', '').trim());
  assert.ok(told.filter((action) => action === 'oom').length >= 2, told.join());
  assert.ok(told.indexOf('oom') < told.indexOf('die 137'), told.join());
}
