import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { compileProgram } from '../support/compile-program.js';
import { listCgroups } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { startInTerminal, type TerminalProgram } from '../support/terminal.js';

let folder = '';
let env: Record<string, string> = {};

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-screen-'));
  env = {
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
  };
});

afterEach(() => {
  const ids = gantry('ps', '--all', '--quiet').split('\n').filter(Boolean);
  if (ids.length > 0) gantry('rm', '--force', ...ids);
});

after(() => {
  for (const path of listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry'))) rmdirSync(path);
  rmSync(folder, { recursive: true, force: true });
});

/** The memory limit as the kernel has it, bytes. */
function kernelMemoryLimit(name: string): number {
  const id = gantry('inspect', '--format', '{{.Id}}', name).trim();
  const files = listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry')).flatMap((parent) => [
    join(parent, id, 'memory.limit_in_bytes'),
    join(parent, id, 'memory.max'),
  ]);
  return Number(readFileSync(files.find((path) => existsSync(path)) ?? `no memory limit of ${id}`, 'utf8'));
}

function gantry(...args: readonly string[]): string {
  const { stdout } = spawnSync('./gantry', [...args], { env: { ...process.env, ...env }, encoding: 'utf8' });
  return stdout;
}

test('from an empty host: run the first image, tune it, look inside, remove it', requires('root'), async () => {
  const terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
  try {
    await terminal.waitFor('Press enter to run host', 30_000);
    terminal.type('\r');
    await terminal.waitFor('Run a container');
    terminal.type('first\tsleep 1000\t64m\t0.5\r');
    await terminal.waitFor(/▸first +● up/, 30_000);
    await terminal.waitFor(/CPU \d\.\d\d of 0\.50/, 10_000);
    await tune(terminal);
    await look(terminal);
    terminal.type('1D');
    await terminal.waitFor('Remove by force first?');
    terminal.type('y');
    await terminal.waitFor('No containers yet', 30_000);
    terminal.type('q');
    assert.equal((await terminal.exited).exitCode, 0);
  } finally {
    terminal.kill();
  }
});

test(
  'a container that runs with nothing typed keeps running, and its slider moves the kernel',
  requires('root'),
  async () => {
    const terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
    try {
      await terminal.waitFor('0/0', 30_000);
      terminal.type('R');
      await terminal.waitFor(/terminal +\[x\]/);
      terminal.type('shell\r');
      await terminal.waitFor(/▸shell +● up/, 30_000);
      terminal.type('u');
      await terminal.waitFor('▸memory');
      terminal.type('48m\r');
      await terminal.waitFor('memory max → 48M applied');
      assert.equal(kernelMemoryLimit('shell'), 48 * 2 ** 20);
      terminal.type('\x1b[C\r');
      await terminal.waitFor(/memory 48M → 56M applied/);
      assert.equal(kernelMemoryLimit('shell'), 56 * 2 ** 20);
      // The limit line stands where the kernel has it.
      await terminal.waitFor(/MEM \S+ of 56M[\s\S]*56M[ │]┈*/, 5_000);
      terminal.type('D');
      await terminal.waitFor('Remove by force shell?');
      terminal.type('y');
      await terminal.waitFor('No containers yet', 30_000);
      terminal.type('\x03');
      assert.equal((await terminal.exited).exitCode, 0);
    } finally {
      terminal.kill();
    }
  },
);

test('throttling and the OOM kill of a program that eats memory are seen', requires('root', 'command:cc'), async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  compileProgram('load', programs);
  const terminal = startInTerminal('./gantry', [], { columns: 160, rows: 50, env });
  try {
    await terminal.waitFor('No containers yet', 30_000);
    const script = '/programs/load 0 spin & read -r go; exec /programs/load 0 grow';
    // So little that it is throttled on a busy host too.
    const flags = ['--memory', '64m', '--cpus', '0.1', '--volume', `${programs}:/programs:ro`];
    gantry('run', '--detach', '--interactive', '--name', 'eater', ...flags, 'host', 'sh', '-c', script);
    // In the row, in the graph's title, on its time axis and as time.
    await terminal.waitFor(/▸eater +● up .* t\d+%/, 15_000);
    await terminal.waitFor(/CPU 0\.\d\d of 0\.10 +thr \d+%/);
    await terminal.waitFor(/└─*S?─*t/);
    await terminal.waitFor(/throttled \d+\.\d s/);
    spawnSync('./gantry', ['attach', 'eater'], { env: { ...process.env, ...env }, input: 'go\n' });
    await terminal.waitFor(/▸eater +✖ oom 137 .*OOM×1/, 15_000);
    await terminal.waitFor('oom eater memory limit 64M reached');
    await terminal.waitFor(/die eater exit 137 SIGKILL after \d+ s/);
    await terminal.waitFor(/exit 137: killed by the OOM killer \(SIGKILL\) at its memory limit of 64M/);
    await terminal.waitFor(/└.*O/);
    gantry('rm', 'eater');
    await terminal.waitFor('No containers yet');
    terminal.type('\x03');
    assert.equal((await terminal.exited).exitCode, 0);
  } finally {
    terminal.kill();
  }
});

async function tune(terminal: TerminalProgram): Promise<void> {
  terminal.type('u');
  await terminal.waitFor('▸memory');
  terminal.type('\x1b[C\x1b[C');
  await terminal.waitFor('64M → 96M');
  terminal.type('\r');
  await terminal.waitFor(/memory 64M → 96M applied in .* read back/);
  assert.equal(gantry('inspect', '--format', '{{.HostConfig.Memory}}', 'first').trim(), String(96 * 2 ** 20));
  terminal.type('z');
  await terminal.waitFor(/memory 96M → 64M applied/);
}

/** The layers with their files, the bundle's table of them, and a shell. */
async function look(terminal: TerminalProgram): Promise<void> {
  terminal.type('y');
  await terminal.waitFor('changed in first', 10_000);
  terminal.type('\x1b');
  await terminal.waitFor('[Stats]');
  terminal.type('i');
  await terminal.waitFor('[Inspect]');
  terminal.type('[');
  await terminal.waitFor('made by', 10_000);
  terminal.type('E');
  await terminal.waitFor('ctrl-p ctrl-q ends it and comes back', 10_000);
  terminal.type('echo inside-$((40 + 2))\r');
  await terminal.waitFor('inside-42', 10_000);
  terminal.type('exit\r');
  await terminal.waitFor('shell in first ended', 10_000);
}
