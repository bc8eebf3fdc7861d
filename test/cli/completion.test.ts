import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { completeInBash } from '../support/complete-in-bash.js';
import { BUNDLE, type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';

const needs = requires('root', 'overlay', 'command:busybox');
const inShell = (shell: string) => requires('root', 'overlay', 'command:busybox', `command:${shell}`);

let gantry: Gantry;
let env: NodeJS.ProcessEnv;

before(async () => {
  if (needs.skip !== undefined) return;
  gantry = openGantry();
  await gantry.run(['embedded', 'busybox']);
  await gantry.run(['create', '--name', 'completed', 'busybox']);
  writeFileSync(join(gantry.folder, 'gantry'), `#!/bin/sh\nexec ${process.execPath} ${BUNDLE} "$@"\n`, { mode: 0o755 });
  writeFileSync(join(gantry.folder, 'a-file'), '');
  env = {
    ...process.env,
    PATH: `${gantry.folder}:${process.env['PATH']}`,
    GANTRY_ROOT: join(gantry.folder, 'root'),
    GANTRY_RUN_ROOT: join(gantry.folder, 'run'),
  };
});

after(() => gantry?.close());

test('bash completes commands, flags and names of containers', inShell('bash'), () => {
  const complete = (line: string) => completeInBash(gantry.folder, line);
  assert.deepEqual(complete('sto'), ['stop']);
  assert.deepEqual(complete('run --memory-s'), ['--memory-swap', '--memory-swappiness']);
  assert.deepEqual(complete('rm comp'), ['completed']);
});

test('fish completes commands, flags, their values and names; files only where it knows none', inShell('fish'), () => {
  const script = 'gantry completion fish | source; complete -C "$argv[1]"';
  const complete = (line: string) =>
    execFileSync('fish', ['--no-config', '-c', script, line], { env, cwd: gantry.folder, encoding: 'utf8' })
      .trim()
      .split('\n');
  assert.deepEqual(complete('gantry sto'), ['stop']);
  assert.deepEqual(complete('gantry run --memory-s'), ['--memory-swap', '--memory-swappiness']);
  assert.deepEqual(complete('gantry run --restart '), ['always', 'no', 'on-failure', 'unless-stopped']);
  assert.deepEqual(complete('gantry rm comp'), ['completed']);
  assert.deepEqual(complete('gantry import a-'), ['a-file']);
});

test('zsh completes commands, flags, names and files at its prompt', inShell('zsh'), async () => {
  const zsh = startInTerminal('zsh', ['-f', '-i'], { env, cwd: gantry.folder, columns: 120, rows: 30 });
  try {
    const load = `autoload -U compinit; compinit -u -d ${gantry.folder}/compdump; source <(gantry completion zsh)`;
    // In two parts, so that the line that is typed does not hold the word that is waited for.
    zsh.type(`${load}; PS1='at-the''-prompt> '\r`);
    await zsh.waitFor('at-the-prompt> ', 30_000);
    const completes = async (typed: string, whole: RegExp) => {
      zsh.type(`${typed}\t`);
      await zsh.waitFor(whole, 10_000);
      // Away with the line, and the screen with it.
      zsh.type('\u0015\u000c');
    };
    await completes('gantry sto', /> gantry stop $/m);
    await completes('gantry run --memory-swapp', /> gantry run --memory-swappiness/);
    await completes('gantry container insp', /> gantry container inspect/);
    await completes('gantry rm comp', /> gantry rm completed/);
    await completes('gantry import a-', /> gantry import a-file/);
  } finally {
    zsh.kill('SIGKILL');
  }
});
