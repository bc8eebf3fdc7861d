import { EngineError } from '../../../model/errors.js';

/** mount(2) takes one page of options, and Docker leaves room in it for a label. */
const OPTIONS_BYTES_MAX = 4096 - 54;

/** Without `upper` nothing can be written. Layers top first. */
export interface AufsBranches {
  readonly upper?: string;
  readonly lowers: readonly string[];
}

/**
 * The options of the calls that mount a root of aufs: those of the mount itself, then one for each remount that appends a branch
 * which had no room. Layers keep their whiteouts as names (`ro+wh`). aufs(5); moby daemon/graphdriver/aufs, aufsMount. Throws
 * invalid-argument for a path that aufs would read as something else.
 *
 * No kernel with aufs has been at hand: this has been checked against Docker's sources, and never been mounted.
 */
export function planAufsMount({ upper, lowers }: AufsBranches): readonly string[] {
  const branches = [
    ...(upper === undefined ? [] : [`${checkPath(upper)}=rw`]),
    ...lowers.map((path) => `${checkPath(path)}=ro+wh`),
  ];
  const tail = ',dio,xino=/dev/shm/aufs.xino,dirperm1';
  let first = `br:${branches[0] ?? ''}`;
  let count = 1;
  for (; count < branches.length; count++) {
    const longer = `${first}:${branches[count]}`;
    if (Buffer.byteLength(longer + tail) > OPTIONS_BYTES_MAX) break;
    first = longer;
  }
  return [first + tail, ...branches.slice(count).map((branch) => `append:${branch}`)];
}

function checkPath(path: string): string {
  if (!/[,:=\\]/.test(path)) return path;
  throw new EngineError(
    'invalid-argument',
    `aufs takes no path with a comma, a colon, an equals sign or a backslash: ${path}`,
  );
}
