import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { COMMANDS } from '../../src/cli/command-table.js';
import { findCommand } from '../../src/cli/find-command.js';
import { EXAMPLES } from '../../src/cli/man/examples.js';
import { listManPages } from '../../src/cli/man/list-pages.js';
import { parseArguments } from '../../src/cli/parse-arguments.js';
import { FakeEngine } from '../support/fake-engine.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const PAGES = new Map(listManPages(COMMANDS).map(({ file, text }) => [file, text]));

/** A page as a reader sees it, without what bold and italic are made with; a minus is a dash. */
function read(text: string): string {
  const words = ['-man', '-Tutf8', '-P-cbou', '-rLL=120n', '-ww'];
  const { stdout, stderr } = spawnSync('groff', words, { input: text, encoding: 'utf8' });
  assert.equal(stderr, '');
  return stdout.replaceAll(/[\u2010\u2212]/g, '-');
}

test('every name of every command that is shown has a page, and each page says what its help says', () => {
  for (const { names, flags, usage, hidden } of COMMANDS) {
    const [first = '', ...others] = names.map((name) => `gantry-${name.replace(' ', '-')}.1`);
    if (hidden === true) {
      assert.equal(PAGES.has(first), false, first);
      continue;
    }
    const page = PAGES.get(first) ?? '';
    for (const name of others) assert.equal(PAGES.get(name), `.so man1/${first}\n`);
    assert.match(page, /^\.TH "GANTRY\\-/);
    assert.deepEqual([...page.matchAll(/^\.SH (.*)$/gm)].map(([, title]) => title).slice(0, 3), [
      'NAME',
      'SYNOPSIS',
      'DESCRIPTION',
    ]);
    for (const line of usage.split('\n')) {
      assert.ok(page.includes(line.trim().replaceAll('-', '\\-')), `${first} has its usage`);
    }
    for (const { long, hidden, refused } of flags) {
      const isShown = hidden !== true && refused === undefined;
      assert.equal(page.includes(`\\fB\\-\\-${long.replaceAll('-', '\\-')}\\fR`), isShown, `${first} --${long}`);
    }
  }
  for (const file of ['gantry.1', 'gantry-container.1', 'gantry-system.1']) assert.ok(PAGES.has(file));
});

test('examples are command lines that are understood', () => {
  for (const [name, examples] of Object.entries(EXAMPLES)) {
    assert.ok(
      COMMANDS.some(({ names }) => names[0] === name),
      `${name} is the first name of a command`,
    );
    for (const { line } of examples) {
      const [program, ...words] = line.replaceAll("'", '').split(' ');
      assert.equal(program, 'gantry');
      const found = findCommand(COMMANDS, words);
      assert.equal(found?.spec.names[0], name, line);
      parseArguments(
        { flags: found?.spec.flags ?? [], interspersed: found?.spec.interspersed ?? true },
        found?.rest ?? [],
      );
    }
  }
});

test('groff takes every page without a warning', requires('command:groff'), () => {
  const whole = [...PAGES.values()].filter((text) => !text.startsWith('.so '));
  // All in one run: each begins anew with its title.
  const { status, stderr } = spawnSync('groff', ['-man', '-Tutf8', '-ww', '-z'], {
    input: whole.join(''),
    encoding: 'utf8',
  });
  assert.deepEqual([status, stderr], [0, '']);
});

test('a page reads as its command', requires('command:groff'), () => {
  const run = read(PAGES.get('gantry-container-run.1') ?? '');
  assert.match(run, /^NAME\n +gantry-container-run - /m);
  assert.match(run, /^ +-m, --memory=bytes\n/m);
  assert.match(run, /^ +# gantry run -it --rm busybox sh$/m);
  const ls = read(PAGES.get('gantry-container-ls.1') ?? '');
  assert.match(ls, /Also: gantry container list, gantry container ps, gantry ps\./);
  assert.match(ls, /# gantry ps --all --filter status=exited --format '\{\{\.Names\}\}'/);
});

test('the command writes them, and man finds one by either name', requires('command:man'), async (t) => {
  const folder = makeTemporaryFolder(t);
  const target = join(folder, 'man', 'man1');
  assert.deepEqual(await runCommand(new FakeEngine(), ['man', target]), { code: 0, stdout: '', stderr: '' });
  assert.deepEqual(readdirSync(target).sort(), [...PAGES.keys()].sort());
  assert.equal(readFileSync(join(target, 'gantry.1'), 'utf8'), PAGES.get('gantry.1'));
  const env = { ...process.env, MANPATH: join(folder, 'man'), LC_ALL: 'C.UTF-8', MANPAGER: 'cat' };
  for (const name of ['gantry-run', 'gantry-container-run']) {
    const { status, stdout, stderr } = spawnSync('man', ['--warnings', name], { env, encoding: 'utf8' });
    assert.deepEqual([status, stderr], [0, ''], name);
    assert.match(stdout, /gantry.container.run/);
  }
});
