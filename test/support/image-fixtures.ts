import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { openContentStore } from '../../src/engine/content/content-store.js';
import { openLeases } from '../../src/engine/content/leases.js';
import { createImageService } from '../../src/engine/images/image-service.js';
import { createImageStore } from '../../src/engine/images/image-store.js';
import type { ImageUser } from '../../src/engine/images/remove.js';
import type { StorageDriver } from '../../src/engine/layers/drivers/storage-driver.js';
import { type LayerStore, openLayerStore } from '../../src/engine/layers/layer-store.js';
import { createRegistryClient } from '../../src/engine/registry/client/create-registry-client.js';
import {
  DEFAULT_REGISTRY_SETTINGS,
  type RegistrySettings,
} from '../../src/engine/registry/client/registry-settings.js';
import { openStateDatabase } from '../../src/engine/state/state-database.js';
import type { EventSubject } from '../../src/model/events.js';
import type { PullProgress } from '../../src/model/image.js';
import { failOnWarning } from './fail-on-warning.js';
import { nativeProgram } from './native-program.js';
import { makeSpawner } from './process-spawner.js';
import { makeTar, type TestEntry } from './tar-fixtures.js';
import { makeTemporaryFolder } from './temporary-folder.js';

/** The image rooms over a state root of the test's own. */
export function openImages(
  t: TestContext,
  folder?: string,
  { driver, ...settings }: Partial<RegistrySettings> & { readonly driver?: StorageDriver } = {},
) {
  // Before the folder goes.
  t.after(() => layers.close());
  const root = folder ?? makeTemporaryFolder(t);
  const database = openStateDatabase(root);
  t.after(() => database.close());
  const content = openContentStore(root);
  const leases = openLeases(database, join(root, 'leases'));
  // The user's own credentials are not for tests.
  const env = { HOME: root, ...settings.env };
  const registries = createRegistryClient(() => ({ ...DEFAULT_REGISTRY_SETTINGS, retryDelayMs: 1, ...settings, env }));
  const spawner = makeSpawner(t);
  const layers = openLayerStore({
    ...{ root, program: nativeProgram, spawner, logger: failOnWarning },
    ...(driver && { driver }),
  });
  const images = createImageStore(database);
  const events: EventSubject[] = [];
  const users = new Map<string, readonly ImageUser[]>();
  const parts = {
    database,
    content,
    leases,
    registries,
    layers,
    images,
    clock: { nowMs: () => Date.now() },
    program: nativeProgram,
    spawner,
    publish: (subject: EventSubject) => void events.push(subject),
  };
  const service = createImageService({ ...parts, root, findUsers: (id) => users.get(id) ?? [] });
  return { root, parts, content, layers, images, service, events, users };
}

/** Asserts that no image is left. What was removed is deleted beside: closing waits for that. */
export async function assertStoresEmpty(root: string, layers: LayerStore): Promise<void> {
  await layers.close();
  const places = layers.places.map((place) => join(place.root, 'layers'));
  for (const folder of [...places, ...['staging', 'ingest', 'blobs/sha256'].map((name) => join(root, name))])
    assert.deepEqual(readdirSync(folder), [], folder);
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

export function makeConfig(layers: readonly Buffer[], config: object = { Cmd: ['sh'] }): Buffer {
  return Buffer.from(
    JSON.stringify({
      created: '2024-01-02T03:04:05Z',
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config,
      rootfs: { type: 'layers', diff_ids: layers.map(digestOf) },
      history: [...layers.map((_, i) => ({ created_by: `layer ${i}` })), { created_by: 'CMD', empty_layer: true }],
    }),
  );
}

/** What `docker save` wrote before version 25; a layer that is there twice is a link to the first. */
export function makeDockerArchive(
  layers: readonly Buffer[],
  tags: readonly string[],
  config = makeConfig(layers),
): Buffer {
  const files: TestEntry[] = [];
  const paths = layers.map((layer, index) => {
    const first = layers.findIndex((other) => other.equals(layer));
    const path = `layer${index}/layer.tar`;
    files.push({ kind: 'directory', path: `layer${index}` });
    if (first === index) files.push({ path, content: layer });
    else files.push({ kind: 'symlink', path, target: `../layer${first}/layer.tar` });
    return path;
  });
  const manifest = [{ Config: 'config.json', RepoTags: tags, Layers: paths }];
  return makeTar([
    ...files,
    { path: 'config.json', content: config },
    { path: 'manifest.json', content: JSON.stringify(manifest) },
  ]);
}

export async function collect<T = PullProgress>(progress: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const step of progress) all.push(step);
  return all;
}

export async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const bytes of stream) parts.push(bytes);
  return Buffer.concat(parts);
}
