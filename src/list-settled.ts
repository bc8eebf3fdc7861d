import { readSettledContainers } from './engine/containers/read-settled.js';
import type { ContainerFilter } from './engine/engine.js';
import type { Container } from './model/container.js';
import type { EngineLocation } from './model/engine-location.js';
import { asksForAnother, DEFAULT_ROOT, DEFAULT_RUN_ROOT } from './own-engine.js';

/**
 * The containers of the engine that is meant, without one that opens; undefined where one has to: it is another's, or it has to settle
 * something first, or to refuse what the location asks of it.
 */
export function listSettled(
  { root = DEFAULT_ROOT, runRoot = DEFAULT_RUN_ROOT, ...asked }: EngineLocation,
  filter: ContainerFilter,
): readonly Container[] | undefined {
  const { usernsRemap, storageDriver, firewallBackend, service } = asked;
  const isAsked = [usernsRemap, storageDriver, firewallBackend, service].some((setting) => setting !== undefined);
  if (isAsked || process.getuid?.() !== 0 || asksForAnother(asked, process.env)) return undefined;
  return readSettledContainers({ root, runRoot }, filter);
}
