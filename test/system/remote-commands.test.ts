import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { openApi } from '../support/api.js';
import { openRemote } from '../support/contract-engines.js';
import { addTestImage } from '../support/engine-world.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';

/** The program, beside an engine that is not its own. */
function open(t: TestContext): Gantry {
  const gantry = openGantry();
  t.after(() => gantry.close());
  return gantry;
}

test('commands drive a gantry daemon', requires('root', 'overlay', 'command:busybox'), async (t) => {
  const gantry = open(t);
  await useCommands(gantry, (await openApi(t)).host);
});

test(
  'commands drive a dockerd',
  requires('root', 'overlay', 'command:busybox', 'command:dockerd', 'command:docker'),
  async (t) => {
    const gantry = open(t);
    const folder = mkdtempSync(join(tmpdir(), 'gantry-dockerd-'));
    const dockerd = await startDockerd(folder, basename(folder));
    assert.ok(dockerd !== undefined);
    t.after(async () => {
      await dockerd.close();
      rmSync(folder, { recursive: true });
    });
    const engine = await openRemote({ kind: 'unix', path: dockerd.socket });
    await addTestImage(engine);
    await engine.close();
    await useCommands(gantry, `unix://${dockerd.socket}`);
  },
);

async function useCommands(gantry: Gantry, host: string): Promise<void> {
  const print = (...words: readonly string[]) => gantry.print('-H', host, ...words);
  assert.equal(await print('run', '--network', 'none', '--rm', 'busybox', 'echo', 'hello'), 'hello');
  const piped = await gantry.run(['-H', host, 'run', '-i', '--network', 'none', '--rm', 'busybox', 'cat'], 'typed');
  assert.deepEqual([piped.code, piped.stdout], [0, 'typed']);
  assert.equal((await gantry.run(['-H', host, 'run', '--network', 'none', '--rm', 'busybox', 'false'])).code, 1);
  const id = await print(
    'run',
    '-d',
    '--network',
    'none',
    '--name',
    'web',
    'busybox',
    'sh',
    '-c',
    'echo up; sleep 1000',
  );
  assert.equal(await print('ps', '-q', '--no-trunc'), id);
  assert.equal(await gantry.print('ps', '-aq'), '', 'the engine of this process is another one');
  assert.match(await print('images'), /^busybox +latest /m);
  const sides = await print('version', '-f', '{{.Client.Platform.Name}} {{.Client.Context}} {{.Server.APIVersion}}');
  assert.match(sides, /^Gantry default 1\.\d+$/);
  assert.match(await print('version'), /^Client: Gantry\n[\s\S]*\n\nServer: \S.*\n Engine:\n {2}Version: {10}\d+\.\d+/);
  const following = gantry.start(['-H', host, 'logs', '-f', 'web']);
  const failed = await gantry.run(['-H', host, 'exec', 'web', 'sh', '-c', 'echo inside; exit 4']);
  assert.deepEqual([failed.code, failed.stdout], [4, 'inside\n']);
  const file = join(gantry.folder, 'copied');
  writeFileSync(file, 'to and fro');
  await print('cp', file, 'web:/tmp/there');
  await print('cp', 'web:/tmp/there', `${file}.back`);
  assert.equal(readFileSync(`${file}.back`, 'utf8'), 'to and fro');
  assert.match(await print('diff', 'web'), /^A \/tmp\/there$/m);
  assert.equal(await print('inspect', '-f', '{{.State.Status}} {{.Config.Image}}', 'web'), 'running busybox');
  assert.match(await print('stats', '--no-stream', 'web'), /^[0-9a-f]{12} +web /m);
  assert.match(await print('top', 'web'), /sleep 1000/);
  assert.equal(await print('stop', '-t', '0', 'web'), 'web');
  const { code, stdout } = await following.result;
  assert.deepEqual([code, stdout], [0, 'up\n'], 'a followed log ends with its container');
  assert.match(
    await print('events', '--since', '10m', '--until', '0s', '--format', '{{.Type}} {{.Action}}'),
    /container start/,
  );
  assert.equal(await print('rm', 'web'), 'web');
  assert.match(await gantry.refusal('-H', host, 'inspect', '--type', 'container', 'web'), /No such container: web$/);
}

test('a context names an engine, until it is removed', requires('root', 'overlay', 'command:busybox'), async (t) => {
  const gantry = open(t);
  const { host } = await openApi(t);
  const images = () => gantry.print('images', '--format', '{{.Repository}}');
  assert.equal(await images(), '');
  assert.equal(await gantry.print('context', 'create', 'other', '--docker', `host=${host}`), 'other');
  assert.equal(await gantry.print('-c', 'other', 'images', '--format', '{{.Repository}}'), 'busybox');
  assert.equal(await images(), '', 'nothing was chosen');
  await gantry.print('context', 'use', 'other');
  assert.equal(await gantry.print('context', 'show'), 'other');
  assert.match(await gantry.print('context', 'ls'), new RegExp(`^other \\* +${host}`, 'm'));
  assert.equal(await images(), 'busybox');
  assert.match(await gantry.refusal('context', 'rm', 'other'), /context "other" is in use/);
  await gantry.print('context', 'rm', '-f', 'other');
  assert.equal(await images(), '');
  assert.equal(await gantry.refusal('-c', 'other', 'ps'), '1 gantry: context "other" does not exist');
  assert.equal(
    await gantry.refusal('-H', 'unix:///nonexistent', 'ps'),
    '1 gantry: Cannot connect to the Docker daemon at unix:///nonexistent. Is the docker daemon running?',
  );
});
