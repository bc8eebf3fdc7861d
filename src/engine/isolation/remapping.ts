import { type IdMaps, mapGivenRange, mapSubordinateIds } from './subordinate-ids.js';

/** Docker's name for a user that it makes itself; here root's own ranges serve, which distributions give. */
const DEFAULT_USER = 'root';

/**
 * The ids that containers are remapped to: `default`, a user of /etc/subuid and /etc/subgid, or a range `FIRST[:COUNT]`;
 * `default` where nothing is given. Throws invalid-argument, also where the files have no ranges.
 */
export function readRemapping(setting: string | undefined, readText: (path: string) => string): IdMaps {
  if (setting !== undefined && /^\d/.test(setting)) return mapGivenRange(setting);
  const user = setting === undefined || setting === 'default' ? DEFAULT_USER : setting;
  return mapSubordinateIds(user, {
    subuid: readOrNothing('/etc/subuid', readText),
    subgid: readOrNothing('/etc/subgid', readText),
  });
}

function readOrNothing(path: string, readText: (path: string) => string): string {
  try {
    return readText(path);
  } catch {
    // Without the file there are no ranges, and the caller is told so.
    return '';
  }
}
