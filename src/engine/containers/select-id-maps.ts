import type { ContainerConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { IdMaps } from '../isolation/subordinate-ids.js';
import type { ContainerParts } from './container-parts.js';

/**
 * The ids of a new container's user namespace; `undefined`: the host's own. Throws invalid-argument where it cannot be
 * remapped as it asks to be.
 */
export function selectIdMaps(
  parts: Pick<ContainerParts, 'findIdMaps' | 'isRemappedByDefault'>,
  { namespaces, security }: ContainerConfig,
): IdMaps | undefined {
  const mode = namespaces?.user;
  if (mode === 'host' || (mode === undefined && !parts.isRemappedByDefault)) return undefined;
  // It would have rights over the host that a remapped one has not.
  if (security?.privileged === true) {
    throw new EngineError(
      'invalid-argument',
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    );
  }
  return parts.findIdMaps();
}
