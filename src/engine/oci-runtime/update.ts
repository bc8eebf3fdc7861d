import { checkResources } from './bundle-config.js';
import { requireProcess } from './container-status.js';
import { openCgroup } from './open-cgroup.js';
import { refuseResources } from './refuse-config.js';
import type { RuntimeParts } from './runtime-parts.js';
import { toLimitsPatch } from './to-limits.js';

/** Throws not-found, conflict (it does not run; more memory in use), invalid-argument, not-implemented. */
export async function updateContainer(parts: RuntimeParts, id: string, value: unknown): Promise<void> {
  const state = parts.states.read(id);
  requireProcess(parts, state, 'container not running');
  const resources = checkResources(value);
  refuseResources(resources);
  const cgroup = openCgroup(parts, state);
  await cgroup.update(cgroup.readLimits({}), toLimitsPatch(resources));
}
