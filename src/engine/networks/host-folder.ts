import { existsSync, readdirSync } from 'node:fs';

/** What all state roots of a host share of networks; it ends with the host's boot. */
export const HOST_FOLDER = '/run/gantry-networks';

/** The names that begin so, without that; none where there is no folder. */
export function listHostFiles(folder: string, prefix: string): readonly string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}
