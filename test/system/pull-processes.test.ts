import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash, randomFillSync } from 'node:crypto';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { openImageStores } from '../../src/engine/images/image-stores.js';
import { sweepImages } from '../../src/engine/images/sweep.js';
import { erofsDriver } from '../../src/engine/layers/drivers/erofs-driver.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import { failOnWarning } from '../support/fail-on-warning.js';
import { type FakeRegistry, startFakeRegistry } from '../support/fake-registry.js';
import { nativeProgram } from '../support/native-program.js';
import { makeSpawner } from '../support/process-spawner.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const needs = requires('root', 'overlay');
const PROGRAM = fileURLToPath(new URL('../support/programs/pull-image.js', import.meta.url));
const NOISE = Buffer.concat(Array.from({ length: 20_000 }, (_, i) => createHash('sha256').update(String(i)).digest()));
const LAYERS = [makeTar([{ path: 'noise', content: NOISE }]), makeTar([{ path: 'b', content: 'b' }])];

/** A process of its own that pulls, into the root with the driver; `onPhase` is told each step. */
function startPull(
  t: TestContext,
  at: string | { readonly root: string; readonly driver: 'erofs' },
  registry: FakeRegistry,
  onPhase?: (phase: string) => void,
) {
  const words = typeof at === 'string' ? [at] : [at.root];
  const driver = typeof at === 'string' ? [] : [at.driver];
  const child = spawn(process.execPath, [PROGRAM, ...words, `${registry.host}/x:1`, ...driver], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  let errors = '';
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString();
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const phase of text.split('\n').filter(Boolean)) onPhase?.(phase);
  });
  const ended = new Promise<{ code: number | null; errors: string }>((resolve) =>
    child.once('close', (code) => resolve({ code, errors })),
  );
  return { ended, kill: () => child.kill('SIGKILL') };
}

function countDownloads({ seen }: FakeRegistry): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { method, path } of seen) {
    if (method === 'GET' && path.includes('/blobs/sha256:')) counts.set(path, (counts.get(path) ?? 0) + 1);
  }
  return counts;
}

function listLeft(root: string): readonly string[] {
  const folders = ['layers', 'staging', 'content/ingest', 'content/blobs/sha256'].map((name) => join(root, name));
  return folders.filter(existsSync).flatMap((folder) => readdirSync(folder).map((name) => join(folder, name)));
}

test('two processes that pull one image download each blob once', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const root = makeTemporaryFolder(t);
  const both = [startPull(t, root, registry), startPull(t, root, registry)];
  for (const { code, errors } of await Promise.all(both.map(({ ended }) => ended))) assert.equal(code, 0, errors);
  assert.deepEqual([...countDownloads(registry).values()], [1, 1, 1]);
});

test('a pull takes over from one whose process was killed in the middle of the download', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const root = makeTemporaryFolder(t);
  let kill: (() => void) | undefined;
  registry.hook = ({ path }, response) => {
    const bytes = registry.blobs.get(path.split('/').at(-1) ?? '');
    if (kill === undefined || !path.includes('/blobs/') || bytes === undefined || bytes.length < 100_000) return false;
    // The first never gets the rest of it.
    response.writeHead(200, { 'content-length': String(bytes.length) });
    response.write(bytes.subarray(0, 1_000), kill);
    kill = undefined;
    return true;
  };
  const first = startPull(t, root, registry);
  let second: ReturnType<typeof startPull> | undefined;
  const started = new Promise<void>((resolve) => {
    kill = () => {
      second = startPull(t, root, registry, (phase) => {
        // It waits for the first one now, or is about to.
        if (phase !== 'pending') return;
        first.kill();
        resolve();
      });
    };
  });
  await started;
  const outcome = await second?.ended;
  assert.equal(outcome?.code, 0, outcome?.errors);
});

test('a pull that is killed at any step leaves nothing that the next engine does not take', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', LAYERS);
  const outcomes = new Set<string>();
  for (const at of ['pending', 'downloading', 'downloaded', 'extracting', 'complete']) {
    const root = makeTemporaryFolder(t);
    const pull = startPull(t, root, registry, (phase) => {
      if (phase === at) pull.kill();
    });
    await pull.ended;
    const database = openStateDatabase(root);
    const stores = openImageStores({
      database,
      root,
      program: nativeProgram,
      spawner: makeSpawner(t),
      logger: failOnWarning,
      env: { HOME: root },
    });
    const before = listLeft(root).length;
    sweepImages(stores);
    await stores.layers.close();
    const images = stores.images.list();
    if (images.length === 0) assert.deepEqual(listLeft(root), [], at);
    outcomes.add(images.length > 0 ? 'whole' : before > 0 ? 'half' : 'nothing');
    database.close();
  }
  assert.ok(outcomes.has('half'), 'no pull was caught in the middle');
});

/** Files below the folder that some process has open. */
function listOpen(folder: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readdirSync(`/proc/${pid}/fd`).map((number) => readlinkSync(`/proc/${pid}/fd/${number}`));
      } catch {
        // It has ended, or has just closed one.
        return [];
      }
    })
    .filter((path) => path.startsWith(folder));
}

test(
  'a pull that is killed while igzip inflates and a thread digests leaves nothing that goes on',
  requires('root', 'overlay', 'erofs', 'command:igzip'),
  async (t) => {
    const registry = await startFakeRegistry(t);
    const incompressible = randomFillSync(Buffer.alloc(4_000_000));
    const large = makeTar([
      { path: 'noise', content: incompressible },
      { path: 'zeros', content: Buffer.alloc(200_000_000) },
      { path: 'last', content: 'last' },
    ]);
    registry.add('1', [large]);
    const root = makeTemporaryFolder(t);
    for (const at of [1, 20, 100]) {
      let steps = 0;
      let isInflating = false;
      const pull = startPull(t, { root, driver: 'erofs' }, registry, (phase) => {
        steps += phase === 'extracting' ? 1 : 0;
        if (steps < at) return;
        isInflating ||= listOpen(root).some((path) => path.endsWith('/layer.tar'));
        pull.kill();
      });
      await pull.ended;
      assert.ok(isInflating, `nothing was inflated at step ${at}`);
      await waitUntil('all to have ended', () => listOpen(root).length === 0);
    }
    const last = await startPull(t, { root, driver: 'erofs' }, registry).ended;
    assert.equal(last.code, 0, last.errors);
    const database = openStateDatabase(root);
    t.after(() => database.close());
    const [spawner, logger] = [makeSpawner(t), failOnWarning];
    const drivers = [erofsDriver] as const;
    const stores = openImageStores({ database, root, program: nativeProgram, spawner, logger, drivers });
    sweepImages(stores);
    await stores.layers.close();
    const [layer, ...others] = stores.layers.list();
    assert.deepEqual(others, []);
    assert.equal(layer?.diffId, `sha256:${createHash('sha256').update(large).digest('hex')}`);
    assert.deepEqual(readdirSync(join(root, 'staging')), []);
    assert.deepEqual(readdirSync(join(root, 'content/ingest')), []);
  },
);
