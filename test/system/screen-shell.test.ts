import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { listCgroups } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { startInTerminal, type TerminalProgram } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';

let folder = '';
let env: Record<string, string> = {};
let terminal: TerminalProgram | undefined;

before(() => {
  folder = mkdtempSync(join(tmpdir(), 'gantry-shell-'));
  env = {
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
  };
});

afterEach(() => {
  terminal?.kill();
  const ids = gantry('ps', '--all', '--quiet').split('\n').filter(Boolean);
  if (ids.length > 0) gantry('rm', '--force', ...ids);
});

after(() => {
  for (const path of listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry'))) rmdirSync(path);
  rmSync(folder, { recursive: true, force: true });
});

function gantry(...args: readonly string[]): string {
  return spawnSync('./gantry', [...args], { env: { ...process.env, ...env }, encoding: 'utf8' }).stdout;
}

/** The screen with a shell in a container that sleeps. */
async function openShell(image: string): Promise<TerminalProgram> {
  gantry('run', '--detach', '--init', '--name', 'box', image, 'sleep', '1000');
  terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
  await terminal.waitFor(/▸box +● up/, 30_000);
  terminal.type('e');
  await terminal.waitFor(/Shells {2}\[box\]/, 20_000);
  await terminal.waitFor('# ', 10_000);
  return terminal;
}

/** The commands that run in the container, but for its own. */
function listShells(): readonly string[] {
  return gantry('top', 'box', '-o', 'args')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '' && !/sleep 1000|init/.test(line));
}

const needs = requires('root', 'overlay', 'command:busybox');

test(
  'vi, top and job control of busybox work in the pane, which tells its size, and when the container ends',
  needs,
  async () => {
    const { type, waitFor, resize } = await openShell('busybox');
    type('vi /tmp/poem\r');
    await waitFor(/│ ~ +│\n.*│ ~/);
    type('iroses\rviolets');
    await waitFor(/roses +│\n.*violets/);
    type('\x1b');
    await waitFor(/- \/tmp\/poem/);
    // An arrow, as the program has asked for it; then a line between the two.
    type('\x1b[A');
    await waitFor('1/2 50%');
    type('osugar');
    await waitFor('sugar');
    type('\x1b');
    await waitFor(/- \/tmp\/poem/);
    type(':wq\r');
    await waitFor(/# +│/);
    type('clear; tr "\\n" + < /tmp/poem\r');
    await waitFor('roses+sugar+violets+');
    type('clear; top -d 1\r');
    await waitFor(/Load average: [\s\S]*sleep 1000/);
    type('q');
    await waitFor(/# +│/);
    type('clear; sleep 500\r');
    await waitUntil('the program', () => listShells().some((line) => line.includes('sleep 500')));
    type('\x1a');
    await waitFor(/Stopped +sleep 500/);
    type('fg\r');
    await waitFor(/fg +│\n.*│ sleep 500/);
    type('\x03');
    await waitFor(/# +│\n.*│ +│/);
    type('clear; jobs; echo done-$?; stty size\r');
    await waitFor(/done-0 +│\n.*32 74/);
    resize(100, 30);
    await waitFor(/Shells {2}\[box\] ─+ ctrl-\]/);
    type('clear; stty size\r');
    await waitFor(/18 96/);
    gantry('kill', 'box');
    await waitFor(/ended: exit 137, the container too/, 10_000);
  },
);

test(
  'the editor and the process list of the host work in the pane too',
  requires('root', 'overlay', 'command:vi', 'command:top'),
  async () => {
    const { type, waitFor } = await openShell('host');
    type('vi /tmp/poem\r');
    await waitFor(/│ ~ +│\n.*│ ~/);
    type('iroses');
    await waitFor('roses');
    type('\x1b');
    type(':wq\r');
    await waitFor(/# +│/);
    type('clear; cat /tmp/poem; top\r');
    await waitFor(/Tasks:[\s\S]*sleep/, 10_000);
    type('q');
    await waitFor(/# +│/);
    type('clear; exit 4\r');
    await waitFor('ended: exit 4');
  },
);

test(
  'htop takes clicks in the pane: on a key of its footer it does what that key does',
  requires('root', 'overlay', 'command:htop'),
  async () => {
    const { type, waitFor, screen } = await openShell('host');
    type('htop\r');
    await waitFor(/PID USER[\s\S]*sleep 1[\s\S]*F1Help/, 20_000);
    const lines = screen().split('\n');
    const y = lines.findIndex((line) => line.includes('F1Help'));
    const x = lines[y]?.indexOf('F1Help') ?? -1;
    type(`\x1b[<0;${x + 1};${y + 1}M\x1b[<0;${x + 1};${y + 1}m`);
    await waitFor(/htop \d+\.\d+[\s\S]*Arrows/, 10_000);
    type('q');
    await waitFor('F1Help');
    type('q');
    await waitFor(/# +│/);
  },
);

test(
  'nothing is left of a shell when the screen quits, nor when it is killed; the container goes on',
  needs,
  async () => {
    const { type, exited } = await openShell('busybox');
    type('sleep 300\r');
    await waitUntil('the program of the shell', () => listShells().some((line) => line.includes('sleep 300')));
    type('\x1d\x03');
    assert.equal((await exited).exitCode, 0);
    await waitUntil('nothing in the container', () => listShells().length === 0);

    const killed = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
    terminal = killed;
    await killed.waitFor(/▸box +● up/, 30_000);
    killed.type('e');
    await killed.waitFor('# ', 20_000);
    killed.type('sleep 300\r');
    await waitUntil('the program of the shell', () => listShells().some((line) => line.includes('sleep 300')));
    process.kill(killed.pid, 'SIGKILL');
    await killed.exited;
    await waitUntil('nothing in the container', () => listShells().length === 0);
    assert.equal(gantry('inspect', '--format', '{{.State.Status}}', 'box').trim(), 'running');
  },
);
