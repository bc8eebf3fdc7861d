import type { ProcessSpawner } from '../../platform/process-spawner.js';
import { runRole } from '../../platform/role-process.js';

/** Deletes files and whole folders without crossing into what is mounted on them; what is not there is fine. */
export async function removePath(spawner: ProcessSpawner, ...paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await runRole(spawner, ['remove', ...paths]);
}
