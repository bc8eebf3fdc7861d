import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { FILE_MARKS, type FileTree } from '../../src/model/file-tree.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { requires } from '../support/requires.js';
import { startUiScreen } from '../support/ui-screen.js';

const needs = requires('root', 'overlay', 'command:busybox');

/** Runs a script in a container, and keeps what it left as an image. */
async function make(engine: Engine, image: string, script: string, reference: string): Promise<string> {
  const { id } = await engine.containers.create({ image, command: ['sh', '-c', script] });
  await engine.containers.start(id);
  const { exitCode } = await engine.containers.wait(id);
  assert.equal(exitCode, 0);
  await engine.containers.commit(id, { reference });
  return id;
}

function changes(tree: FileTree): readonly string[] {
  return Array.from({ length: tree.length }, (_, node) => node)
    .filter((node) => tree.isOwn[node] === 1 && tree.marks[node] !== 0)
    .map((node) => `${FILE_MARKS[tree.marks[node] ?? 0]} ${tree.path(node)}`);
}

async function readFile(engine: Engine, layer: number, path: string): Promise<string> {
  const parts: string[] = [];
  const reader = new TarReader({
    entry: () => undefined,
    content: (bytes) => void parts.push(Buffer.from(bytes).toString()),
  });
  for await (const bytes of (await engine.layers?.readArchive('two', { layer, path })) ?? []) reader.push(bytes);
  reader.finish();
  return parts.join('');
}

test('layers of real containers: files, waste, what a container changed, and the view of it', needs, async (t) => {
  const engine = await makeEngineWorld(t).open();
  const { layers } = engine;
  assert.ok(layers !== undefined);
  await make(engine, 'busybox', 'echo first > /note; seq 2000 > /big; echo kept > /kept', 'one');
  const container = await make(engine, 'one', 'echo second > /note; rm /big; rm /bin/yes; touch -d @1 /kept', 'two');
  const files = await layers.filesOfImage('two');
  assert.equal(files.layerCount, 3);
  const expected = ['changed /', 'deleted /big', 'changed /bin', 'deleted /bin/yes', 'changed /note'];
  // Another time does not make another file.
  assert.deepEqual(changes(files.tree(2)), expected);
  assert.deepEqual(
    changes(files.tree(1)).filter((line) => line.startsWith('added')),
    ['added /big', 'added /kept', 'added /note'],
  );
  const waste = files.waste();
  assert.deepEqual(
    waste.paths.map(({ path }) => path).filter((path) => path !== '/bin/yes'),
    ['/big', '/note', '/kept'],
  );
  assert.equal(await readFile(engine, 2, '/note'), 'second\n');
  assert.equal(await readFile(engine, 1, '/note'), 'first\n');
  await assert.rejects(readFile(engine, 2, '/big'), { kind: 'not-found' });
  await assert.rejects(readFile(engine, 3, '/note'), { kind: 'invalid-argument' });
  await assert.rejects(layers.filesOfImage('none'), { kind: 'not-found' });
  await assert.rejects(layers.filesOfContainer('none'), { kind: 'not-found' });
  const own = await layers.filesOfContainer(container);
  // Of what was not read the time tells that it may have changed.
  const withTouched = expected.flatMap((line) => (line.endsWith('/note') ? ['changed /kept', line] : [line]));
  assert.deepEqual(changes(own.tree(own.layerCount - 1)), withTouched);
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  t.after(() => screen.close());
  await screen.waitFor(/busybox/, 20_000);
  screen.press('2', '/', '^two', '\r');
  await screen.waitFor(/Layers two/, 20_000);
  screen.press('y', '1');
  await screen.waitFor(/Files of layer 2[\s\S]*D .*big[\s\S]*D .*yes[\s\S]*C .*note/, 20_000);
});
