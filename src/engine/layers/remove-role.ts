import { startRole } from '../../platform/role-process.js';

/** Deletes files and whole folders without crossing into what is mounted on them; what is not there is fine. */
export async function removePath(program: string, ...paths: readonly string[]): Promise<void> {
  if (paths.length > 0) await startRole(program, ['remove', ...paths]).done;
}
