import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { compileProgram } from '../support/compile-program.js';
import { listCgroups } from '../support/engine-world.js';
import { assertBundled, assertContent, readProcessor } from '../support/package-files.js';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';
import { WITHOUT_COMPILERS } from '../support/without-compilers.js';

const needs =
  process.env['GANTRY_TEST_PACKAGE'] === 'full'
    ? requires('root', 'overlay', 'command:busybox', 'command:npm', 'command:unshare', 'command:musl-gcc')
    : { skip: 'packs a clone and installs it from the registry: set GANTRY_TEST_PACKAGE=full' };
const needsArm = { ...needs, ...requiresArm() };

let folder = '';
let archive = '';
/** Of the commands that are installed. */
let env: NodeJS.ProcessEnv = {};

before(() => {
  if (needs.skip !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'gantry-package-'));
  copyClone(join(folder, 'clone'));
  const packed = spawnSync('npm', ['pack', '--pack-destination', folder], { cwd: clone(), encoding: 'utf8' });
  assert.equal(packed.status, 0, packed.stderr);
  archive = join(folder, 'gantry-0.1.0.tgz');
  execFileSync('tar', ['-xzf', archive, '-C', folder]);
  env = {
    ...process.env,
    GANTRY_ROOT: join(folder, 'root'),
    GANTRY_RUN_ROOT: join(folder, 'run'),
    XDG_CONFIG_HOME: join(folder, 'config'),
  };
});

after(() => {
  if (folder === '') return;
  for (const path of listCgroups(cgroupParentOf(join(folder, 'root'), ''))) rmdirSync(path);
  rmSync(folder, { recursive: true });
});

function clone(): string {
  return join(folder, 'clone');
}

/** As git would: without what is built. Packages are those of this clone. */
function copyClone(target: string): void {
  mkdirSync(target);
  for (const name of readdirSync('.')) {
    if (!['.git', 'dist', 'node_modules'].includes(name)) cpSync(name, join(target, name), { recursive: true });
  }
  symlinkSync(resolve('node_modules'), join(target, 'node_modules'));
}

function runWithoutCompilers(words: readonly string[], cwd = folder) {
  const [command = '', ...args] = [...WITHOUT_COMPILERS, ...words];
  return spawnSync(command, args, { cwd, env, encoding: 'utf8' });
}

test('npm pack makes of a clone what a package has', needs, () => {
  assertContent(join(folder, 'package'));
  assert.ok(assertBundled(join(folder, 'package')) > 100);
  assert.ok(existsSync(join(folder, 'package/dist/native', process.arch, 'gantry-init')));
});

test('where no compiler is, the command is installed, runs containers and shows its screen', needs, async () => {
  const found = runWithoutCompilers(['sh', '-c', 'for name in cc gcc make ld; do command -v $name; done']);
  assert.equal(found.stdout, '');
  const installed = runWithoutCompilers([
    ...['npm', 'install', '--global', '--prefix', join(folder, 'prefix'), '--no-audit', '--no-fund', archive],
  ]);
  assert.equal(installed.status, 0, installed.stderr);
  const modules = join(folder, 'prefix/lib/node_modules/gantry/node_modules');
  assert.deepEqual(
    readdirSync(modules).filter((name) => !name.startsWith('.')),
    [`node-linux-${process.arch}`],
  );

  const gantry = join(folder, 'prefix/bin/gantry');
  const doctor = runWithoutCompilers([gantry, 'doctor']);
  assert.deepEqual([doctor.status, doctor.stderr], [0, '']);
  assert.match(doctor.stdout, /^C compiler +no .* a package needs none/m);
  const run = runWithoutCompilers([gantry, 'run', '--rm', 'busybox', 'echo', 'from a package']);
  assert.deepEqual([run.status, run.stdout], [0, 'from a package\n'], run.stderr);

  const [command = '', ...args] = [...WITHOUT_COMPILERS, gantry];
  const terminal = startInTerminal(command, args, { env });
  try {
    assert.match(await terminal.waitFor('busybox:latest', 30_000), /No containers yet/);
    terminal.type('q');
    assert.equal((await terminal.exited).exitCode, 0);
  } finally {
    terminal.kill('SIGKILL');
  }
});

test('a project that depends on the package has its command and its library', needs, () => {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"type": "module", "private": true}');
  const installed = runWithoutCompilers(['npm', 'install', '--no-audit', '--no-fund', archive], project);
  assert.equal(installed.status, 0, installed.stderr);
  const node = join(project, `node_modules/node-linux-${process.arch}/bin/node`);
  const version = spawnSync(join(project, 'node_modules/.bin/gantry'), ['--version'], { env, encoding: 'utf8' });
  assert.match(version.stdout, /^Gantry version \d/, version.stderr);
  const code = "import('gantry').then(({ openEngine }) => console.log(typeof openEngine))";
  assert.equal(spawnSync(node, ['-e', code], { cwd: project, encoding: 'utf8' }).stdout, 'function\n');
});

test('what cannot be compiled for is left out in one line', needs, () => {
  const other = process.arch === 'x64' ? 'arm64' : 'x64';
  const { status, stdout, stderr } = runWithoutCompilers(['sh', 'scripts/native.sh', other], clone());
  assert.deepEqual([status, stdout], [0, '']);
  assert.match(stderr, /^gantry: \w+ is left out, for want of a compiler \(Debian: apt-get install gcc-[^\n]+\)\n$/);
  assert.equal(existsSync(join(clone(), 'dist/native', other, 'gantry-init')), false, 'nor is an older one kept');
});

function requiresArm(): { readonly skip?: string } {
  if (needs.skip !== undefined) return {};
  if (process.arch !== 'x64') return { skip: 'needs a host that is not arm64 itself' };
  return requires('command:aarch64-linux-gnu-gcc', 'command:qemu-aarch64', 'command:cc');
}

const NATIVE = 'src/engine/isolation/native';

test('gantry-init of arm64 starts under an emulator, says what it is not, and copies a tree', needsArm, () => {
  const program = join(folder, 'package/dist/native/arm64/gantry-init');
  assert.equal(readProcessor(program), 'arm64');
  const launcher = compileProgram('run-sealed', folder);
  const run = (...words: string[]) => spawnSync(launcher, [program, 'qemu-aarch64', ...words], { encoding: 'utf8' });
  const unknown = run('nothing');
  assert.deepEqual([unknown.status, unknown.stderr], [125, 'gantry-init: no such role; it is started by gantry\n']);

  const [source, target] = [join(folder, 'tree'), join(folder, 'copied')];
  mkdirSync(join(source, 'a/b'), { recursive: true });
  writeFileSync(join(source, 'a/b/file'), 'content');
  symlinkSync('file', join(source, 'a/b/link'));
  const copied = run('copy', source, target);
  assert.deepEqual([copied.status, copied.stderr], [0, '']);
  assert.equal(readFileSync(join(target, 'a/b/link'), 'utf8'), 'content');
});

test('the pure parts of gantry-init hold on arm64', needsArm, () => {
  const cross = resolve(clone(), 'dist/native/cross-arm64');
  const headers = join(cross, 'objects-aarch64-linux-musl-gcc/kernel-headers');
  const units: readonly (readonly string[])[] = [
    ['monitor-units', 'frames', 'health', 'journal', 'json', 'log', 'moment', 'restart', 'error'],
    ['dns-units', 'dns-message', 'names'],
    ['plan-mutations', 'plan', 'error'],
  ];
  for (const [unit = '', ...parts] of units) {
    const files = join(folder, `${unit}.files`);
    mkdirSync(files);
    const sources = [`test/native/${unit}.c`, ...parts.map((part) => `${NATIVE}/${part}.c`)];
    const flags = ['-std=gnu17', '-O2', '-static', '-idirafter', headers, `-I${NATIVE}`, '-o', join(folder, unit)];
    execFileSync(join(cross, 'aarch64-linux-musl-gcc'), [...flags, ...sources]);
    const { status, stdout, stderr } = spawnSync('qemu-aarch64', [join(folder, unit), files], { encoding: 'utf8' });
    assert.equal(status, 0, `${unit}: ${stdout}${stderr}`);
    assert.match(stdout, /\d{6}/, 'so many checks');
  }
});
