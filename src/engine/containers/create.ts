import { mkdirSync } from 'node:fs';
import type { ContainerConfig } from '../../model/container-config.js';
import { makeContainerName } from '../../model/container-names.js';
import { EngineError, messageOf } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import { readJoinedContainer } from '../../model/joined-container.js';
import { randomBelow, randomHex } from '../../platform/random.js';
import { removeFolder } from '../../platform/remove-folder.js';
import type { CreatedContainer } from '../engine.js';
import { toChainIds } from '../layers/chain-id.js';
import type { PreparedLayer } from '../layers/writable-layers.js';
import { toCgroupName } from './cgroup-name.js';
import { checkConfig } from './check-config.js';
import { checkPorts } from './check-ports.js';
import { resolveMounts } from './container-mounts.js';
import type { ContainerParts } from './container-parts.js';
import { joinHealthcheck, joinProcess } from './container-process.js';
import type { ContainerRecord } from './container-record.js';
import { selectIdMaps } from './select-id-maps.js';

/**
 * Makes its layer where nobody finds it yet. Then writes the row, with its volumes and the event `create`, in one transaction, in which
 * folder and layer take their names: so there is no row without them, and what has no row when nobody writes is a leftover. Throws
 * not-found (image, a container that is joined), conflict (name), invalid-argument.
 */
export async function createContainer(parts: ContainerParts, config: ContainerConfig): Promise<CreatedContainer> {
  try {
    return await makeContainer(parts, config);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    throw new EngineError('internal', `cannot create the container: ${messageOf(cause)}`, { cause });
  }
}

async function makeContainer(parts: ContainerParts, config: ContainerConfig): Promise<CreatedContainer> {
  const asked = joinById(parts, config.name?.startsWith('/') ? { ...config, name: config.name.slice(1) } : config);
  checkConfig(asked, parts.host);
  const { image } = parts.images.resolve(asked.image);
  const { config: named, warnings: discarded } = checkPorts(asked, image.config);
  const { limits, warnings } = parts.cgroups.check(named.limits ?? {});
  const healthcheck = joinHealthcheck(named, image.config);
  const idMaps = selectIdMaps(parts, named);
  const id = randomHex(32) as ContainerId;
  // Refuses a parent that could lead elsewhere, in which nothing could be made or removed later.
  parts.cgroups.open(toCgroupName({ id, config: named }));
  const draft = {
    id,
    config: { ...named, labels: { ...image.config.labels, ...named.labels } },
    imageId: image.id,
    ...(image.embedded === undefined ? {} : { embedded: image.embedded }),
    process: joinProcess(named, image.config),
    ...(healthcheck === undefined ? {} : { healthcheck }),
    limits,
    ...(idMaps === undefined ? {} : { idMaps }),
    createdAtMs: parts.clock.nowMs(),
    state: { status: 'created' as const },
    restartCount: 0,
    networks: await makeEndpoints(parts, named),
    journalOffset: 0,
    finalExits: 0,
    isStoppedByUser: false,
  };
  // Again with the row: to make a layer can take its time.
  if (named.name) refuseTakenName(parts, named.name);
  const layer = await prepareLayer(parts, image);
  const { folder } = parts.paths.container(id);
  try {
    parts.database.transaction(() => {
      const name = named.name === undefined || named.name === '' ? findFreeName(parts) : named.name;
      refuseTakenName(parts, name);
      const mounts = resolveMounts(named, image.config, parts);
      parts.store.insert({ record: { ...draft, name, mounts }, notices: [{ action: 'create' }] });
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // The image may have been removed since it was found: then there is nothing to stand on, and no container.
      layer.commit(id);
    });
  } catch (error) {
    parts.layers.writable.release(id);
    removeFolder(folder);
    throw error;
  } finally {
    layer.discard();
  }
  const record = parts.store.get(id);
  if (record !== undefined) await fillOwnVolumes(parts, record);
  return { id, warnings: [...warnings, ...discarded] };
}

/** The container whose network is joined, by its id: its name may change. One that is not there is refused at the start, as Docker does. */
function joinById({ store }: ContainerParts, config: ContainerConfig): ContainerConfig {
  const ref = readJoinedContainer(config.namespaces?.network);
  const id = ref === undefined ? undefined : findId(store, ref);
  return id === undefined ? config : { ...config, namespaces: { ...config.namespaces, network: `container:${id}` } };
}

function findId(store: ContainerParts['store'], ref: string): ContainerId | undefined {
  try {
    return store.resolve(ref).id;
  } catch (error) {
    if (error instanceof EngineError) return undefined;
    throw error;
  }
}

/** Loaded for containers that have some: most have none. */
export async function fillOwnVolumes(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  if (!record.mounts.some(({ type }) => type === 'volume')) return;
  const { fillVolumes } = await import('./fill-volumes.js');
  await fillVolumes(parts, record);
}

/** An image that was unpacked for another storage driver alone is unpacked for this one first. */
async function prepareLayer({ layers, unpackImage }: ContainerParts, image: Image): Promise<PreparedLayer> {
  const parent = toChainIds(image.layers).at(-1);
  if (parent !== undefined && !layers.has(parent)) await unpackImage(image.id);
  return await layers.writable.prepare(parent);
}

/** Docker's words for a name that is taken, by which scripts know it. */
export function refuseTakenName({ store }: Pick<ContainerParts, 'store'>, name: string): void {
  const owner: ContainerRecord | undefined = store.findByName(name);
  if (owner === undefined) return;
  throw new EngineError(
    'conflict',
    `Conflict. The container name "/${name}" is already in use by container "${owner.id}". You have to remove (or rename) that container to be able to reuse that name.`,
  );
}

function findFreeName({ store }: ContainerParts): string {
  for (let attempt = 0; ; attempt++) {
    const name = makeContainerName(randomBelow, attempt);
    if (store.findByName(name) === undefined) return name;
  }
}

/** Loaded here, as a list of containers needs nothing of it. */
async function makeEndpoints(parts: ContainerParts, config: ContainerConfig): Promise<ContainerRecord['networks']> {
  const endpoints = await import('./endpoints.js');
  const { checkLegacyLinks } = await import('./legacy-links.js');
  checkLegacyLinks(parts, config);
  return endpoints.makeEndpoints(await parts.networks.open(), config);
}
