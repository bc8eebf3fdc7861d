import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { listCgroups } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';

/** What a person does on the screen in a day, in one pseudo-terminal, over containers that run. The shell: screen-shell.test.ts. */
test('a day at the screen', requires('root', 'overlay', 'command:busybox'), async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-day-'));
  const env = {
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
    HOME: folder,
  };
  const gantry = (...args: readonly string[]) =>
    spawnSync('./gantry', [...args], { env: { ...process.env, ...env }, encoding: 'utf8' }).stdout.trim();
  const stateOf = (name: string) => gantry('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', name);
  const counting = 'i=0; while :; do i=$((i+1)); echo "line $i of $NAME"; sleep 0.2; done';
  const run = (name: string, script: string) =>
    gantry('run', '--detach', '--name', name, '--env', `NAME=${name}`, 'busybox', 'sh', '-c', script);
  run('api', `trap 'echo told; exit 7' TERM; ${counting}`);
  run('web', counting);
  run('job', 'head -c 300000 /dev/zero > /left; exit 3');
  let terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
  t.after(() => {
    terminal.kill();
    gantry('rm', '--force', ...gantry('ps', '--all', '--quiet').split('\n'));
    for (const path of listCgroups(cgroupParentOf(env.GANTRY_ROOT, '/var/lib/gantry'))) rmdirSync(path);
    rmSync(folder, { recursive: true, force: true });
  });
  await terminal.waitFor(/web +● up/, 30_000);
  // What comes after a failure would fail by it.
  let isBroken = false;
  const step = (name: string, work: () => Promise<void>) =>
    t.test(name, async (own) => {
      if (isBroken) {
        own.skip('the step before has failed');
        return;
      }
      isBroken = true;
      await work();
      isBroken = false;
    });
  /** Back to the list: its keys begin with this one. */
  const leave = async () => {
    terminal.type('\x1b');
    await terminal.waitFor(/\n ↵ open/);
  };
  /** Moves the selection of the list. */
  const select = async (name: string) => {
    terminal.type('/');
    await terminal.waitFor('enter keeps it');
    terminal.type(`^${name}`);
    await terminal.waitFor(`filter /^${name}`);
    terminal.type('\r');
    await terminal.waitFor(new RegExp(`▸\\+?${name} [\\s\\S]*\\n ↵ open`));
    terminal.type('g');
    terminal.type('\x1b');
    await terminal.waitFor(/(?=[\s\S]*api +[●✖‖])(?=[\s\S]*job +[●✖‖])(?=[\s\S]*web +[●✖‖])/);
  };

  await step('a filter narrows the list, an inverse one too, and escape gives it back', async () => {
    terminal.type('/we');
    await terminal.waitFor(/^(?![\s\S]*api +● up)[\s\S]*web +● up/);
    terminal.type('\x15!we\r');
    await terminal.waitFor(/^(?![\s\S]*web +● up)[\s\S]*api +● up/);
    terminal.type('\x1b');
    await terminal.waitFor(/web +● up/);
  });

  await step('the list is sorted by another column, and turned round', async () => {
    terminal.type('o');
    await terminal.waitFor('name');
    terminal.type('j\r');
    await terminal.waitFor(/sort name/);
    await terminal.waitFor(/api [\s\S]*job [\s\S]*web /);
    terminal.type('O');
    await terminal.waitFor(/web [\s\S]*job [\s\S]*api /);
  });

  await step('a log is followed as it grows, and a search stops at what it finds', async () => {
    await select('web');
    terminal.type('l');
    const before = Number(/line (\d+) of web/.exec(await terminal.waitFor(/line \d+ of web/))?.[1]);
    await terminal.waitFor(new RegExp(`line ${before + 3} of web`), 10_000);
    terminal.type('/line 2 of\r');
    await terminal.waitFor('stopped: f follows');
    await terminal.waitFor('line 2 of web');
    terminal.type('f');
    await terminal.waitFor(/^(?![\s\S]*stopped: f)/);
    await leave();
  });

  await step('the logs of marked containers are one', async () => {
    await select('web');
    terminal.type(' ');
    await select('api');
    terminal.type(' ');
    await terminal.waitFor('2 marked');
    await terminal.waitFor(/web │ line \d+ of web[\s\S]*api │ line \d+ of api|api │ line[\s\S]*web │ line/, 10_000);
    terminal.type('\\');
    await terminal.waitFor(/^(?![\s\S]*2 marked)/);
  });

  await step('why a container ended is explained, and its event opens in full', async () => {
    await select('job');
    await terminal.waitFor('exit 3: ended by itself with an error');
    terminal.type('V');
    await terminal.waitFor('type to filter');
    terminal.type('exitCode=3\r');
    await terminal.waitFor(/container die[\s\S]*name +job/);
    terminal.type('\x1b');
    await terminal.waitFor(/^(?![\s\S]*container die)/);
  });

  await step('a container is paused and runs on', async () => {
    await select('web');
    terminal.type('p');
    await terminal.waitFor(/web +‖ paused/);
    assert.equal(stateOf('web'), 'paused 0');
    terminal.type('p');
    await terminal.waitFor(/web +● up/);
  });

  await step('processes, namespaces and what the engine knows are looked at', async () => {
    terminal.type('t');
    await terminal.waitFor(/PID +PPID[\s\S]*sh -c i=0/, 10_000);
    terminal.type('i');
    await terminal.waitFor('"Id"', 10_000);
    terminal.type('S');
    await terminal.waitFor('nothing unusual', 10_000);
    await leave();
  });

  await step('a signal is chosen from a menu, and its end is seen', async () => {
    await select('api');
    terminal.type('K');
    await terminal.waitFor('Send to api');
    terminal.type('j\r');
    await terminal.waitFor(/api +✖ err 7/, 10_000);
    assert.equal(stateOf('api'), 'exited 7');
  });

  await step('it is started again, restarted, and stopped after a question that names it', async () => {
    terminal.type('s');
    await terminal.waitFor(/api +● up/, 10_000);
    terminal.type('r');
    await terminal.waitFor('Restart api?');
    terminal.type('y');
    await terminal.waitFor(/api +● up[\s\S]*api restarted/, 20_000);
    await terminal.waitFor(/restart api/);
    terminal.type('s');
    await terminal.waitFor('Stop api?');
    terminal.type('n');
    await terminal.waitFor(/^(?![\s\S]*Stop api\?)/);
    assert.equal(stateOf('api'), 'running 0');
    terminal.type('s');
    await terminal.waitFor('Stop api?');
    terminal.type('\r');
    await terminal.waitFor(/api +✖ err 7/, 20_000);
  });

  await step('another size of the terminal keeps the selection', async () => {
    for (const [columns, rows] of [
      [60, 16],
      [200, 60],
      [120, 40],
    ] as const) {
      terminal.resize(columns, rows);
      await terminal.waitFor(/▸api/);
    }
  });

  await step('a monitor that is killed is noticed at once', async () => {
    await select('web');
    const pid = Number(gantry('inspect', '--format', '{{.State.Pid}}', 'web'));
    process.kill(readProcessStat(pid)?.parentPid ?? 0, 'SIGKILL');
    await terminal.waitFor(/web +✖ err 137/, 10_000);
  });

  await step('a prune names the stopped containers, says what it frees, and removes them', async () => {
    terminal.type('P');
    await terminal.waitFor(/Remove 3 stopped containers\?[\s\S]*Frees \d\d\dK/, 10_000);
    terminal.type('n');
    run('kept', 'sleep 1000');
    await terminal.waitFor(/kept +● up/, 10_000);
    terminal.type('P');
    await terminal.waitFor('Remove 3 stopped containers?', 10_000);
    terminal.type('y');
    await terminal.waitFor('Total reclaimed space:', 20_000);
    await terminal.waitFor(/1\/1/);
    assert.equal(gantry('ps', '--all', '--format', '{{.Names}}'), 'kept');
  });

  await step('what was done stands in the command log', async () => {
    terminal.type('@');
    await terminal.waitFor(/gantry stop api[\s\S]*gantry container prune --force/);
    terminal.type('q');
    await terminal.waitFor(/^(?![\s\S]*gantry stop api)/);
  });

  await step('a screen that is killed leaves its containers, and the next one is as the last', async () => {
    process.kill(terminal.pid, 'SIGKILL');
    await terminal.exited;
    assert.equal(stateOf('kept'), 'running 0');
    terminal = startInTerminal('./gantry', [], { columns: 120, rows: 40, env });
    await terminal.waitFor(/kept +● up/, 30_000);
    terminal.type('q');
    assert.equal((await terminal.exited).exitCode, 0);
  });
});
