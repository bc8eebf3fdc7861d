import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import type { StorageDriverName } from '../../src/engine/layers/drivers/storage-driver.js';
import { EngineError } from '../../src/model/errors.js';
import { assertWhole } from '../support/check-state.js';
import { type Found, isLeft, tellCrashes, tryPoints } from '../support/crash-results.js';
import { type CrashWorld, makeCrashWorld, runImage, type Victim } from '../support/crash-world.js';
import { type FakeRegistry, startFakeRegistry } from '../support/fake-registry.js';
import { makeConfig, makeDockerArchive } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { STORAGE_WORLDS } from '../support/storage-worlds.js';
import { type CrashPoint, crashMode, formatPoint, samplePoints } from '../support/system-calls.js';
import { makeTar, streamOf } from '../support/tar-fixtures.js';
import { makeTestRoot, unpackTestRoot } from '../support/test-image.js';

const needs = requires('root', 'overlay', 'command:strace', 'command:busybox');

/** What is killed, and what must be true when it has been done again. */
interface Operation {
  readonly name: string;
  readonly words: readonly string[];
  /** As the command does it, by an engine that lives. */
  again(engine: Engine): Promise<unknown>;
  /** An image that is there afterwards. */
  readonly makes?: string;
  readonly takes?: string;
  /** How many points of each victim a run that is not the full one tries. */
  readonly samples: Partial<Record<Victim, number>>;
}

interface Prepared {
  readonly storage: StorageDriverName;
  readonly world: CrashWorld;
  readonly registry: FakeRegistry;
  readonly files: { readonly archive: string; readonly tar: string };
}

const EXTRA = [
  makeTar([
    { kind: 'directory', path: 'opt' },
    { path: 'opt/one', content: Buffer.alloc(200_000, 1) },
    { kind: 'hardlink', path: 'opt/two', target: 'opt/one' },
    { path: 'data/.wh.seed' },
  ]),
  makeTar([{ path: 'opt/three', content: 'three' }]),
];

/** A root with `busybox`, `old` on top of it, two images without a name, and the container `source`. */
async function prepare(t: TestContext, storageDriver: StorageDriverName): Promise<Prepared> {
  const world = makeCrashWorld(t, storageDriver);
  const registry = await startFakeRegistry(t);
  const engine = await world.open();
  const root = Buffer.from(makeTestRoot());
  await engine.images.import(streamOf(root), { reference: 'base' });
  const { id } = await engine.containers.create({
    name: 'source',
    image: 'base',
    command: ['sh', '-c', 'echo x >> /new; rm -f /data/seed'],
  });
  await engine.containers.start(id);
  await engine.containers.wait(id);
  await engine.containers.commit(id, { reference: 'old' });
  // What is committed later has a layer of its own.
  await engine.containers.start(id);
  await engine.containers.wait(id);
  for (const path of ['a', 'b']) await engine.images.import(streamOf(makeTar([{ path, content: path }])));
  await engine.close();
  world.keep();
  const layers = [root, ...EXTRA];
  registry.add('1', layers);
  const files = { archive: join(world.folder, 'archive.tar'), tar: join(world.folder, 'root.tar') };
  writeFileSync(files.archive, makeDockerArchive(layers, ['loaded:1'], makeConfig(layers)));
  mkdirSync(join(world.folder, 'other'));
  unpackTestRoot(join(world.folder, 'other'));
  execFileSync('tar', ['-C', join(world.folder, 'other'), '-cf', files.tar, '.']);
  return { storage: storageDriver, world, registry, files };
}

/** Kills it at one point; then an engine opens, finds the state whole, and does the same again. */
async function tryPoint({ world }: Prepared, operation: Operation, victim: Victim, point: CrashPoint): Promise<Found> {
  const when = `${operation.words.join(' ')}: ${victim} killed at ${formatPoint(point)}`;
  await world.reset();
  const { code } = await world.crash(operation.words, victim, point);
  const engine = await world.open();
  let isDone: boolean;
  try {
    await assertWhole(engine, when);
    isDone = await isDoneIn(engine, operation);
    await operation.again(engine);
    const images = (await engine.images.list()).flatMap(({ repoTags }) => repoTags);
    assert.ok(images.includes('busybox:latest') && images.includes('base:latest'), when);
    assert.equal(await runImage(engine, 'busybox', ['true']), 0, when);
    if (operation.makes !== undefined)
      assert.equal(await runImage(engine, operation.makes, ['cat', '/etc/passwd']), 0, when);
    if (operation.takes !== undefined) assert.ok(!images.includes(operation.takes), when);
    await assertWhole(engine, `${when}, and done again`, { quick: true });
  } finally {
    await engine.close();
  }
  for (const folder of ['staging', 'content/ingest']) {
    assert.deepEqual(readdirSync(join(world.options.root, folder)), [], `${when}: left in ${folder}`);
  }
  return { wasEnded: code !== 0, isDone };
}

/** `image prune` is done when every image has a name. */
async function isDoneIn(engine: Engine, { makes, takes }: Operation): Promise<boolean> {
  const tags = (await engine.images.list()).map(({ repoTags }) => repoTags);
  if (makes !== undefined) return tags.flat().includes(makes);
  if (takes !== undefined) return !tags.flat().includes(takes);
  return tags.every((own) => own.length > 0);
}

async function tryAll(t: TestContext, prepared: Prepared, operation: Operation): Promise<void> {
  for (const [victim, most] of Object.entries(operation.samples) as [Victim, number][]) {
    const { storage } = prepared;
    // What no sample is taken of is looked at by a full run alone.
    if ((most === 0 && crashMode.isSample) || !isLeft({ operation: operation.name, storage, killed: victim })) continue;
    await t.test(`${operation.name}: ${victim}`, { timeout }, (t) =>
      tryVictim(t, prepared, operation, { victim, most }),
    );
  }
}

async function tryVictim(
  t: TestContext,
  prepared: Prepared,
  operation: Operation,
  { victim, most }: { readonly victim: Victim; readonly most: number },
): Promise<void> {
  await prepared.world.reset();
  const all = await prepared.world.listPoints(operation.words, victim);
  const points = samplePoints(all, most);
  assert.ok(points.length > 0, 'there is nothing to kill it at');
  const attempt = (point: CrashPoint) => tryPoint(prepared, operation, victim, point);
  let { found, failures } = await tryPoints(points, attempt);
  // A write that was done in two parts, or by another thread, has a point which the next run may not have; the first is always there.
  if ((victim === 'unpack' || victim === 'engine') && failures.length + countEnded(found) === 0) {
    const first = await tryPoints(all.slice(0, 1), attempt);
    ({ found, failures } = { found: [...found, ...first.found], failures: first.failures });
  }
  tellCrashes(t, {
    ...{ operation: operation.name, storage: prepared.storage, killed: victim, calls: all.length, found, failures },
  });
  const ended = countEnded(found);
  // Which call is the n-th varies with the threads of Node: a few points may come after the end.
  if (victim === 'engine') assert.ok(ended * 2 >= points.length, `it was killed ${ended} times only`);
  if (victim === 'unpack') assert.ok(ended > 0, 'no command failed of it');
}

function countEnded(found: readonly Found[]): number {
  return found.filter(({ wasEnded }) => wasEnded).length;
}

function listOperations({ registry, files }: Prepared): readonly Operation[] {
  const reference = `${registry.host}/x:1`;
  return [
    {
      name: 'load',
      words: ['load', '-q', '-i', files.archive],
      again: ({ images }) => drain(images.load(createReadStream(files.archive))),
      makes: 'loaded:1',
      samples: { engine: 1, unpack: 1 },
    },
    {
      name: 'import',
      words: ['import', files.tar, 'imported:1'],
      again: ({ images }) => images.import(createReadStream(files.tar), { reference: 'imported:1' }),
      makes: 'imported:1',
      samples: { engine: 1, unpack: 1 },
    },
    {
      name: 'commit',
      words: ['commit', 'source', 'committed:1'],
      again: ({ containers }) => containers.commit('source', { reference: 'committed:1' }),
      makes: 'committed:1',
      samples: { engine: 1, walk: 1, unpack: 1 },
    },
    {
      name: 'pull',
      words: ['pull', '-q', reference],
      again: ({ images }) => drain(images.pull(reference)),
      makes: reference,
      samples: { engine: 1, unpack: 1 },
    },
    {
      name: 'tag',
      words: ['tag', 'old', 'tagged:1'],
      again: ({ images }) => images.tag('old', 'tagged:1'),
      makes: 'tagged:1',
      samples: { engine: 0 },
    },
    {
      name: 'rmi',
      words: ['rmi', 'old'],
      again: ({ images }) => images.remove('old').catch(ignoreMissing),
      takes: 'old:latest',
      samples: { engine: 1, spawn: 1 },
    },
    {
      name: 'image prune',
      words: ['image', 'prune', '-f'],
      again: async ({ images }) => {
        await images.prune();
        assert.ok((await images.list()).every(({ repoTags }) => repoTags.length > 0));
      },
      samples: { engine: 1, spawn: 1 },
    },
  ];
}

/** All of them take an hour; and a machine that is busy with more takes a multiple of a minute for the sample. */
const timeout = crashMode.isSample ? 550_000 : 7_200_000;

test('what is killed while it changes the images leaves a whole store, and is done again', {
  ...needs,
  timeout,
}, async (t) => {
  t.diagnostic(`tried: ${crashMode.text}`);
  const prepared = await prepare(t, 'overlay2');
  for (const operation of listOperations(prepared)) {
    await tryAll(t, prepared, operation);
  }
  await t.test('a pull that waits for a layer of another gets it when that one is killed', { timeout }, () =>
    killTheFirst(prepared),
  );
});

/** Where layers are images nothing is unpacked: what is left to be killed is the engine. */
test('the same where layers are images', {
  ...requires('root', 'overlay', 'erofs', 'command:strace', 'command:busybox'),
  timeout,
}, async (t) => {
  const prepared = await prepare(t, 'erofs');
  for (const { samples, ...operation } of listOperations(prepared)) {
    const { engine = 0 } = samples;
    const own = { ...operation, samples: { engine: Math.min(engine, 1) } };
    await tryAll(t, prepared, own);
  }
});

/** Where layers are whole roots: what is copied and merged is done by short roles, which the spawner starts. */
const ROOT_SAMPLES: Readonly<Record<string, Operation['samples']>> = {
  // A write that is done in two parts has a point which the next run may not have.
  load: { unpack: 2, spawn: 1 },
  commit: { engine: 1 },
};

for (const { name, needs: own } of STORAGE_WORLDS.filter((world) => world.name === 'btrfs' || world.name === 'vfs')) {
  const skip = own.skip ?? needs.skip;
  test(`the same where layers are whole roots, with ${name}`, { ...(skip && { skip }), timeout }, async (t) => {
    const prepared = await prepare(t, name);
    for (const operation of listOperations(prepared)) {
      const samples = ROOT_SAMPLES[operation.words[0] ?? ''];
      if (samples !== undefined) await tryAll(t, prepared, { ...operation, samples });
    }
  });
}

async function killTheFirst({ world, registry }: Prepared): Promise<void> {
  const reference = `${registry.host}/x:1`;
  const words = ['pull', '-q', reference];
  await world.reset();
  const all = await world.listPoints(words, 'engine');
  let killed = 0;
  for (const point of samplePoints(all, 2)) {
    await world.reset();
    const [first, second] = await Promise.all([world.crash(words, 'engine', point), world.run(words)]);
    assert.equal(second.code, 0, `${formatPoint(point)}: ${second.output}`);
    if (first.code !== 0) killed++;
    const engine = await world.open();
    try {
      await assertWhole(engine, formatPoint(point));
      assert.equal(await runImage(engine, reference, ['cat', '/etc/passwd']), 0);
    } finally {
      await engine.close();
    }
  }
  assert.ok(killed > 0, 'the first was never killed');
}

async function drain(progress: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of progress) void _;
}

/** The removal was done before the kill. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof EngineError) || error.kind !== 'not-found') throw error;
}
