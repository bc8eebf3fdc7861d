import { EngineError } from '../../model/errors.js';
import { type IdMaps, mapGivenRange, mapSubordinateIds } from './subordinate-ids.js';

/** Docker's name for a user that it makes itself; here root's own ranges serve, which distributions give. */
const DEFAULT_USER = 'root';

/** As useradd(8) takes names; a user may be given with a group, as dockerd takes them. */
const USER_AND_GROUP = /^([A-Za-z_][A-Za-z0-9_.-]*\$?)(?::([A-Za-z_][A-Za-z0-9_.-]*\$?))?$/;

/**
 * The ids that containers are remapped to: `default`, a user of /etc/subuid and /etc/subgid (with a group, that of
 * /etc/subgid), or a range `FIRST[:COUNT]`; `default` where nothing is given. Throws invalid-argument, also where the files
 * have no ranges.
 */
export function readRemapping(setting: string | undefined, readText: (path: string) => string): IdMaps {
  if (setting !== undefined && /^\d/.test(setting)) return mapGivenRange(setting);
  const [, user, group = user] =
    USER_AND_GROUP.exec(setting === 'default' ? DEFAULT_USER : (setting ?? DEFAULT_USER)) ?? [];
  if (user === undefined || group === undefined) {
    throw new EngineError(
      'invalid-argument',
      `invalid userns-remap "${setting}": use default, a user of /etc/subuid, or FIRST[:COUNT] such as 100000:65536`,
    );
  }
  return mapSubordinateIds(
    { user, group },
    {
      subuid: readOrNothing('/etc/subuid', readText),
      subgid: readOrNothing('/etc/subgid', readText),
    },
  );
}

function readOrNothing(path: string, readText: (path: string) => string): string {
  try {
    return readText(path);
  } catch {
    // Without the file there are no ranges, and the caller is told so.
    return '';
  }
}
