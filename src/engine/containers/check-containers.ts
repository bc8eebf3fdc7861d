import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { CheckedCounts, Problem } from '../../model/finding.js';
import type { ChainId, ImageId } from '../../model/ids.js';
import { isRemovedName, isYoung, removeFolder } from '../../platform/remove-folder.js';
import type { StoredImage } from '../images/image-store.js';
import { toChainIds } from '../layers/chain-id.js';
import { findMissingPart, restorePart } from '../layers/check-writable.js';
import type { LayerStore } from '../layers/layer-store.js';
import { readRows } from '../state/check-database.js';
import type { ContainerParts } from './container-parts.js';
import { type ContainerRecord, parseContainerRecord } from './container-record.js';
import { parseExec } from './exec-store.js';

export interface CheckContainersOptions {
  readonly parts: ContainerParts;
  readonly layers: LayerStore;
  readonly count: (what: keyof CheckedCounts, more: number) => void;
}

/** Each has its folder, the layer that it writes to, and the layers below it; and nothing is there that is of none. */
export function* checkContainers(options: CheckContainersOptions): Generator<Problem> {
  const { parts, count } = options;
  const { database } = parts;
  const keptBecause = 'a row of a container is never removed: what it has written would go with it';
  const rows = readRows({ database, table: 'containers', parse: parseContainerRecord, keptBecause });
  const execs = readRows({ database, table: 'execs', parse: parseExec });
  count('rows', rows.values.length + execs.values.length);
  yield* rows.problems;
  yield* execs.problems;
  for (const record of rows.values) {
    count('containers', 1);
    if (!mayLackParts(record)) yield* checkContainer(options, record);
  }
  if (rows.problems.length === 0) yield* checkStrays(parts, options.layers);
}

/**
 * A row has its folder and layer from the beginning; only who removes it takes them first. A removal that failed half way has
 * left a dead one, with its reason: the next removal takes the rest.
 */
function mayLackParts({ state, operation }: ContainerRecord): boolean {
  return operation !== undefined || state.status === 'removing' || state.status === 'dead';
}

function* checkContainer({ parts, layers }: CheckContainersOptions, record: ContainerRecord): Generator<Problem> {
  const { id, name, imageId } = record;
  const { container } = parts.paths;
  // Another process may be removing it: then its row says so, or has gone.
  const isStill = () => {
    const now = parts.store.get(id);
    return now !== undefined && !mayLackParts(now);
  };
  const { folder } = container(id);
  if (!existsSync(folder) && isStill()) {
    const mend = () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      return 'made an empty one: its log is lost';
    };
    yield { finding: { kind: 'container-incomplete', containerId: id, name, missing: 'folder' }, mend };
  }
  const image = findImage(parts, imageId);
  if (image === undefined || image === 'unreadable') {
    if (!isStill()) return;
    const detail =
      image === undefined
        ? `the image that it was made of is missing: ${imageId}`
        : `the row of the image that it was made of cannot be read: ${imageId}`;
    yield { finding: { kind: 'container-unfounded', containerId: id, name, detail } };
    return;
  }
  const parent = toChainIds(image.image.layers).at(-1);
  const missing = findMissingPart(layers, id, parent);
  if (missing !== undefined && isStill()) {
    const mend = () => {
      if (isActive(record.state)) throw new EngineError('conflict', 'it stays as it is while the container runs');
      return restorePart(layers, { id, parent, part: missing });
    };
    yield { finding: { kind: 'container-incomplete', containerId: id, name, missing }, mend };
  }
}

/** That its row cannot be read has been told of the image. */
function findImage({ images }: Pick<ContainerParts, 'images'>, id: ImageId): StoredImage | 'unreadable' | undefined {
  try {
    return images.get(id);
  } catch {
    return 'unreadable';
  }
}

/** What a process leaves that dies while it removes a container; an engine takes it away when it opens. */
function* checkStrays(parts: ContainerParts, layers: LayerStore): Generator<Problem> {
  const { paths } = parts;
  const folders = readdirSync(paths.containers);
  const writable = layers.places.flatMap(({ root, store }) =>
    store.writable.list().map((id) => ({ id, path: join(root, 'writable', id), store })),
  );
  // Whoever makes one now writes its row in the same transaction.
  const known = new Set<string>(parts.database.transaction(parts.execs.listIds));
  for (const name of folders.filter((entry) => !known.has(entry))) {
    const path = join(paths.containers, name);
    const mend = () => {
      removeFolder(path);
      return `removed ${path}`;
    };
    // What has just been renamed to be deleted is on its way.
    if (existsSync(path) && !(isRemovedName(name) && isYoung(path, 'ctimeMs')))
      yield { finding: { kind: 'stray', path }, mend };
  }
  for (const { id, path, store } of writable.filter((entry) => !known.has(entry.id))) {
    const mend = () => {
      store.writable.release(id);
      return `removed ${path}`;
    };
    if (existsSync(path)) yield { finding: { kind: 'stray', path }, mend };
  }
}

/** The containers whose image has a layer. Where a row cannot be read the container's own layer tells, and it may run. */
export function listContainersOn(
  { database, store, images }: Pick<ContainerParts, 'database' | 'store' | 'images'>,
  layers: LayerStore,
  chainId: ChainId,
): readonly { readonly name: string; readonly isRunning: boolean }[] {
  const readable = store.listReadable();
  const known = new Set<string>(readable.map(({ id }) => id));
  const ids = database.all('SELECT id FROM containers').map((row) => String(row['id']));
  const unreadable = ids.filter((id) => !known.has(id) && isOn(layers, id, chainId));
  const hasLayer = ({ id, imageId }: ContainerRecord): boolean => {
    const image = findImage({ images }, imageId);
    if (image === 'unreadable') return isOn(layers, id, chainId);
    return toChainIds(image?.image.layers ?? []).includes(chainId);
  };
  return [
    ...readable.filter(hasLayer).map(({ name, state }) => ({ name, isRunning: isActive(state) })),
    ...unreadable.map((id) => ({ name: id, isRunning: true })),
  ];
}

function isOn(layers: LayerStore, id: string, chainId: ChainId): boolean {
  try {
    const { parent } = layers.writable.get(id);
    return parent !== undefined && layers.stack(parent).some((layer) => layer.chainId === chainId);
  } catch {
    // It has no layer, or one below it is missing: what it stands on is not there to be kept.
    return false;
  }
}
