import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { listCgroups } from '../support/engine-world.js';
import { findPort } from '../support/find-port.js';
import { requires } from '../support/requires.js';
import { startInTerminal, type TerminalProgram } from '../support/terminal.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');
/** Of the networks of this run: `10.199.17`. */
const PREFIX = `10.199.${randomInt(256)}`;

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
  gantry('embedded', 'busybox');
});

afterEach(() => {
  const ids = gantry('ps', '--all', '--quiet').split('\n').filter(Boolean);
  if (ids.length > 0) gantry('rm', '--force', ...ids);
  gantry('network', 'prune', '--force');
});

after(() => {
  for (const path of listCgroups(cgroupParentOf(join(folder, 'root'), '/var/lib/gantry'))) rmdirSync(path);
  rmSync(folder, { recursive: true, force: true });
});

function gantry(...args: readonly string[]): string {
  const { stdout } = spawnSync('./gantry', [...args], { env: { ...process.env, ...env }, encoding: 'utf8' });
  return stdout;
}

async function withScreen(act: (terminal: TerminalProgram) => Promise<void>): Promise<void> {
  const terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
  try {
    await act(terminal);
    terminal.type('\x03');
    assert.equal((await terminal.exited).exitCode, 0);
  } finally {
    terminal.kill();
  }
}

test(
  'a network is made in the screen, a container comes into it, talks, leaves, and the network goes',
  NEEDS,
  async () => {
    const talk = `while :; do ping -c 1 -w 1 ${PREFIX}.1 > /dev/null 2>&1; sleep 0.2; done`;
    gantry('run', '-d', '--name', 'one', 'busybox', 'sh', '-c', talk);
    await withScreen(async (terminal) => {
      await terminal.waitFor(/one +● up/, 30_000);
      terminal.type('4n');
      await terminal.waitFor('Make a network');
      terminal.type(`made\t\t${PREFIX}.0/24\r`);
      await terminal.waitFor(/▸made/, 30_000);
      terminal.type('w');
      await terminal.waitFor('Connect to made');
      terminal.type('\r');
      await terminal.waitFor('Connect one to made');
      terminal.type('uno\t10.1.1.1\r');
      await terminal.waitFor('no configured subnet or ip-range');
      terminal.type(`\x15${PREFIX}.77\r`);
      await terminal.waitFor(new RegExp(`one +${PREFIX}\\.77`), 30_000);
      const found = gantry('inspect', '--format', '{{.NetworkSettings.Networks.made.IPAddress}}', 'one');
      assert.equal(found.trim(), `${PREFIX}.77`);
      // Both of its interfaces have traffic of their own; that of this one is the pings.
      terminal.type('t');
      await terminal.waitFor(/one ↓[1-9]\d*B\/s/, 30_000);
      terminal.type('d');
      await terminal.waitFor('In it: one.');
      terminal.type('y');
      await terminal.waitFor(/network made has active endpoints \(name:"one" id:"[0-9a-f]{12}"\)/);
      terminal.type('W\r');
      await terminal.waitFor('Disconnect one from made?');
      terminal.type('y');
      await terminal.waitFor('one is no longer in made', 30_000);
      await terminal.waitFor('no container in it runs');
      terminal.type('P');
      await terminal.waitFor('Remove 1 unused network?');
      terminal.type('y');
      await terminal.waitFor('Deleted Networks: made', 30_000);
    });
    assert.doesNotMatch(gantry('network', 'ls'), /made/);
  },
);

test('a published port stands in the row of its container and in its details', NEEDS, async () => {
  const port = await findPort();
  gantry('run', '-d', '--name', 'open', '-p', `127.0.0.1:${port}:80`, 'busybox', 'sleep', '1000');
  await withScreen(async (terminal) => {
    await terminal.waitFor(/open +● up/, 30_000);
    terminal.type('n');
    await terminal.waitFor(new RegExp(`ports +127\\.0\\.0\\.1:${port}→80`));
    await terminal.waitFor(/bridge at eth0/);
    terminal.type('1++');
    await terminal.waitFor(new RegExp(`open +● up .* 127\\.0\\.0\\.1:${port}`));
  });
});

test('the files of a volume that a container writes to are browsed and copied out', NEEDS, async () => {
  const script = 'mkdir -p /data/conf; echo port=80 > /data/conf/app.ini; ln -s / /data/out; exec sleep 1000';
  gantry('run', '-d', '--name', 'writer', '-v', 'kept:/data', 'busybox', 'sh', '-c', script);
  await withScreen(async (terminal) => {
    await terminal.waitFor(/writer +● up/, 30_000);
    terminal.type('3y');
    await terminal.waitFor('Files of kept', 30_000);
    await terminal.waitFor(/-rw-r--r-- +0:0 +8B +app\.ini/, 30_000);
    await terminal.waitFor(/lrwxrwxrwx +0:0 +0B +out → \//);
    terminal.type('jx');
    await terminal.waitFor('Extract /conf/app.ini');
    const target = join(folder, 'copied');
    terminal.type(`\x15${target}\r`);
    await terminal.waitFor('/conf/app.ini is in');
    assert.equal(readFileSync(target, 'utf8'), 'port=80\n');
  });
});
