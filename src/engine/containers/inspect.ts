import type { Container } from '../../model/container.js';
import type { ContainerParts } from './container-parts.js';
import { toContainer } from './container-record.js';
import { selectPaths } from './runtime-spec.js';

/** One container with what a list leaves out: its execs, its layers, the paths that are hidden from it. Throws not-found. */
export function inspectContainer(parts: ContainerParts, ref: string): Container {
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  const container = toContainer(record, parts.paths);
  const execIds = parts.execs
    .ofContainer(id)
    .filter(({ state }) => state.status !== 'exited')
    .map((exec) => exec.id);
  const layers = findLayers(parts, container);
  return {
    ...container,
    execIds,
    ...selectPaths(record.config, parts.host),
    ...(container.paths && layers ? { paths: { ...container.paths, layers } } : {}),
  };
}

/** Undefined for a container whose layer has gone already, as it is being removed. */
function findLayers({ layers }: ContainerParts, { id }: Container): NonNullable<Container['paths']>['layers'] {
  if (!layers.writable.has(id)) return undefined;
  const { driver, lowers, upper, work } = layers.writable.get(id);
  return { driver, lowers, upper, work };
}
