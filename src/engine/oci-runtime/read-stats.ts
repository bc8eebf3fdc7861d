import type { CgroupStats } from '../../model/cgroup-stats.js';
import { EngineError } from '../../model/errors.js';
import { requireProcess } from './container-status.js';
import { openCgroup } from './open-cgroup.js';
import type { RuntimeParts } from './runtime-parts.js';

/** One reading. Throws not-found, conflict: it does not run. */
export function readStats(parts: RuntimeParts, id: string): CgroupStats {
  const state = parts.states.read(id);
  requireProcess(parts, state, `container with id ${id} is not running`);
  const reader = openCgroup(parts, state).openStats();
  try {
    const stats = reader.read();
    if (stats === undefined) throw new EngineError('conflict', `container with id ${id} is not running`);
    return stats;
  } finally {
    reader.close();
  }
}
