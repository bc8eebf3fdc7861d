import type {
  ContainerFilter,
  ContainerService,
  ContainerSize,
  CreatedContainer,
  LimitsPreview,
  StopOptions,
  UpdatedContainer,
} from '../../engine/engine.js';
import type { Container } from '../../model/container.js';
import type { ContainerConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { ContainerId, ContainerRef } from '../../model/ids.js';
import { toList, toNumber, toObject, toText, toTexts } from '../../model/json-values.js';
import type { LimitsPatch } from '../../model/limits.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { toWireContainerCreate, toWireEndpointConfig, toWireUpdate } from '../wire/container-create.js';
import { fromWireContainer } from '../wire/from-container.js';
import { fromWireTop, TOP_ARGUMENTS } from '../wire/from-top.js';
import { type ApiClient, isVersion } from './api-client.js';
import { createContainerFiles } from './container-files.js';
import { containerPath } from './container-paths.js';
import { createContainerStreams } from './container-streams.js';
import { mapParallel } from './map-parallel.js';
import { previewContainerPrune } from './preview-prune.js';
import { toPruneFilters } from './prune-filters.js';

/** Containers of an endpoint. */
export function createContainers(client: ApiClient, readMemoryBytes: () => Promise<number>): ContainerService {
  const inspect = async (ref: ContainerRef): Promise<Container> =>
    fromWireContainer(await client.json({ method: 'GET', path: containerPath(ref, 'json') }));
  const post = (ref: ContainerRef, verb: string, query = {}): Promise<void> =>
    client.run({ method: 'POST', path: containerPath(ref, verb), query });
  const streams = createContainerStreams({ client, inspect, readMemoryBytes });
  const service: ContainerService = {
    ...streams,
    ...createContainerFiles(client),
    list: (filter) => list(client, filter),
    inspect,
    create: (config) => create(client, config),
    start: async (ref, { terminal } = {}) => {
      await tell(post(ref, 'start'), `container ${ref} is already running`);
      // Docker takes the size of a terminal afterwards; one that has ended needs none.
      if (terminal !== undefined) await streams.resize(ref, terminal).catch(() => undefined);
    },
    stop: (ref, options) => tell(post(ref, 'stop', toStopQuery(options)), `container ${ref} is not running`),
    restart: (ref, options) => post(ref, 'restart', toStopQuery(options)),
    kill: (ref, signal) => post(ref, 'kill', { signal }),
    pause: (ref) => post(ref, 'pause'),
    unpause: (ref) => post(ref, 'unpause'),
    rename: (ref, name) => post(ref, 'rename', { name }),
    update: async (ref, change): Promise<UpdatedContainer> => {
      const body = toWireUpdate(change);
      const wire = toObject(await client.json({ method: 'POST', path: containerPath(ref, 'update'), body }));
      return { limits: (await inspect(ref)).limits, warnings: toTexts(wire['Warnings']) };
    },
    previewUpdate: (ref, patch) => previewUpdate(service, ref, patch),
    remove: (ref, { force, volumes } = {}) =>
      client.run({ method: 'DELETE', path: containerPath(ref), query: { force, v: volumes } }),
    prune: async (options = {}) => {
      if (options.preview === true) return await previewContainerPrune(service, options);
      const query = { filters: toPruneFilters(options) };
      const wire = toObject(await client.json({ method: 'POST', path: '/containers/prune', query }));
      return { removed: toTexts(wire['ContainersDeleted']), reclaimedBytes: toNumber(wire['SpaceReclaimed']) };
    },
    readSizes: (ids) => readSizes(client, ids),
    top: async (ref) => {
      const query = { ps_args: TOP_ARGUMENTS };
      return fromWireTop(await client.json({ method: 'GET', path: containerPath(ref, 'top'), query }), Date.now());
    },
  };
  return service;
}

/** A list has less of each than a container has: each is read by itself, and those that have gone meanwhile are left out. */
async function list(client: ApiClient, filter: ContainerFilter = {}): Promise<readonly Container[]> {
  const { all, status, labels = {}, name } = filter;
  const filters = omitUndefined({
    status,
    label: toLabelWords(labels),
    name: name === undefined ? undefined : [name],
  });
  const rows = toList(
    await client.json({
      method: 'GET',
      path: '/containers/json',
      query: {
        all: all === true || status !== undefined,
        filters: Object.keys(filters).length === 0 ? undefined : JSON.stringify(filters),
      },
    }),
  );
  const found = await mapParallel(rows, client.parallel, async (row) => {
    const id = toText(toObject(row)['Id']);
    const wire = await client.json({ method: 'GET', path: containerPath(id, 'json') }).catch(ignoreNotFound);
    return wire === undefined ? [] : [fromWireContainer(wire)];
  });
  return found.flat();
}

function toLabelWords(labels: NonNullable<ContainerFilter['labels']>): readonly string[] | undefined {
  const words = Object.entries(labels).map(([name, value]) => (value === undefined ? name : `${name}=${value}`));
  return words.length === 0 ? undefined : words;
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof EngineError && error.kind === 'not-found') return undefined;
  throw error;
}

/** Since this version a container can be in several networks from the beginning; before, it is connected to the others then. */
const SEVERAL_NETWORKS = '1.44';

async function create(client: ApiClient, config: ContainerConfig): Promise<CreatedContainer> {
  const networks = config.networks ?? [];
  const atOnce = isVersion(client, SEVERAL_NETWORKS) ? networks : networks.slice(0, 1);
  const body = toWireContainerCreate(config, atOnce);
  const wire = toObject(
    await client.json({ method: 'POST', path: '/containers/create', query: { name: config.name }, body }),
  );
  const id = toText(wire['Id']) as ContainerId;
  try {
    for (const { network, ...attachment } of networks.slice(atOnce.length)) {
      const path = `/networks/${encodeURIComponent(network)}/connect`;
      await client.run({
        method: 'POST',
        path,
        body: { Container: id, EndpointConfig: toWireEndpointConfig(attachment) },
      });
    }
  } catch (error) {
    await client.run({ method: 'DELETE', path: containerPath(id), query: { v: true } }).catch(() => undefined);
    throw error;
  }
  return { id, warnings: toTexts(wire['Warnings']) };
}

function toStopQuery({ timeoutMs, signal }: StopOptions = {}): object {
  const seconds = timeoutMs === undefined || timeoutMs < 0 ? timeoutMs : Math.ceil(timeoutMs / 1000);
  return { t: seconds, signal };
}

/** An answer that nothing had to be done says nothing else. */
async function tell(act: Promise<void>, message: string): Promise<void> {
  try {
    await act;
  } catch (error) {
    if (!(error instanceof EngineError && error.kind === 'not-modified')) throw error;
    throw new EngineError('not-modified', message, { cause: error });
  }
}

/** From one reading: below what it holds in memory now pages go, below what cannot go it is ended. */
async function previewUpdate(
  { inspect, readStats }: ContainerService,
  ref: ContainerRef,
  { memoryBytes }: LimitsPatch,
): Promise<LimitsPreview> {
  const { id } = await inspect(ref);
  const memory = (await readStats([id])).get(id)?.memory;
  if (memory === undefined || typeof memoryBytes !== 'number') return { outcome: 'ok', message: '' };
  if (memoryBytes < memory.anonBytes) {
    return { outcome: 'oom-risk', message: `its processes hold ${memory.anonBytes} bytes that cannot be reclaimed` };
  }
  return memoryBytes < memory.currentBytes
    ? { outcome: 'reclaim', message: `${memory.currentBytes - memoryBytes} bytes of page cache must go first` }
    : { outcome: 'ok', message: '' };
}

async function readSizes(
  client: ApiClient,
  ids: readonly ContainerId[],
): Promise<ReadonlyMap<ContainerId, ContainerSize>> {
  if (ids.length === 0) return new Map();
  const query = { all: true, size: true, filters: JSON.stringify({ id: ids }) };
  const rows = toList(await client.json({ method: 'GET', path: '/containers/json', query })).map(toObject);
  return new Map(
    rows.map(({ Id, SizeRw, SizeRootFs }) => [
      toText(Id) as ContainerId,
      { writableBytes: toNumber(SizeRw), rootfsBytes: toNumber(SizeRootFs) },
    ]),
  );
}
