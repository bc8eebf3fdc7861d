import { EngineError } from '../../model/errors.js';
import type { IdMapping } from '../../model/namespace.js';

/** How ids inside a container's user namespace map to the host's. */
export interface IdMaps {
  readonly uids: readonly IdMapping[];
  readonly gids: readonly IdMapping[];
}

interface SubordinateRange {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
}

/** The fewest ids a remapped container gets: images use up to nobody, 65534. */
const NEEDED_IDS = 65_536;
const MAX_HOST_ID = 2 ** 32 - 2;

/**
 * The maps for `--userns-remap`: all ranges of the user in /etc/subuid and of the group in /etc/subgid, put one behind
 * the other from 0 on as Docker does. Throws invalid-argument where there is none or too little. subuid(5)
 */
export function mapSubordinateIds(
  owner: { readonly user: string; readonly group: string },
  files: { readonly subuid: string; readonly subgid: string },
): IdMaps {
  return {
    uids: joinRanges(owner.user, parseRanges(files.subuid), '/etc/subuid'),
    gids: joinRanges(owner.group, parseRanges(files.subgid), '/etc/subgid'),
  };
}

/** The maps for a range that was given: `100000` or `100000:65536`, for users and groups alike. */
export function mapGivenRange(text: string): IdMaps {
  const match = /^(\d+)(?::(\d+))?$/.exec(text);
  const first = Number(match?.[1]);
  const count = Number(match?.[2] ?? NEEDED_IDS);
  if (match === null || first === 0 || count === 0 || first + count - 1 > MAX_HOST_ID) {
    throw new EngineError(
      'invalid-argument',
      `invalid id range "${text}": use FIRST or FIRST:COUNT, from 1 to ${MAX_HOST_ID}, such as 100000:65536`,
    );
  }
  const map = [{ insideId: 0, outsideId: first, count }];
  return { uids: map, gids: map };
}

/** The host's id of an id inside; `undefined` where the map has none. */
export function toHostId(map: readonly IdMapping[], insideId: number): number | undefined {
  const range = map.find((entry) => insideId >= entry.insideId && insideId < entry.insideId + entry.count);
  return range && range.outsideId + insideId - range.insideId;
}

function joinRanges(user: string, ranges: readonly SubordinateRange[], file: string): readonly IdMapping[] {
  const own = ranges.filter((range) => range.owner === user);
  if (own.length === 0) {
    throw new EngineError(
      'invalid-argument',
      `no subordinate ids for "${user}" in ${file}: add a line ${user}:100000:65536, or give a range such as --userns-remap 100000:65536`,
    );
  }
  let insideId = 0;
  const map = own.map(({ first, count }) => {
    const entry = { insideId, outsideId: first, count };
    insideId += count;
    return entry;
  });
  if (insideId < NEEDED_IDS) {
    throw new EngineError('invalid-argument', `"${user}" has ${insideId} ids in ${file}: ${NEEDED_IDS} are needed`);
  }
  return map;
}

function parseRanges(text: string): readonly SubordinateRange[] {
  return text.split('\n').flatMap((line) => {
    const [owner = '', first = '', count = ''] = line.trim().split(':');
    const isRange = owner !== '' && !owner.startsWith('#') && /^\d+$/.test(first) && /^\d+$/.test(count);
    return isRange && Number(count) > 0 ? [{ owner, first: Number(first), count: Number(count) }] : [];
  });
}
