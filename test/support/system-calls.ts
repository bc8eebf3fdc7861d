import { readFileSync } from 'node:fs';

/** System calls that change files, each by every name that a C library may use for it. */
export const CHANGING_CALLS = [
  ...[
    'open',
    'openat',
    'openat2',
    'creat',
    'mkdir',
    'mkdirat',
    'mknod',
    'mknodat',
    'symlink',
    'symlinkat',
    'link',
    'linkat',
  ],
  ...['rename', 'renameat', 'renameat2', 'unlink', 'unlinkat', 'rmdir', 'truncate', 'ftruncate', 'fallocate'],
  ...[
    'write',
    'writev',
    'pwrite64',
    'pwritev',
    'pwritev2',
    'copy_file_range',
    'sendfile',
    'fsync',
    'fdatasync',
    'sync_file_range',
  ],
  ...[
    'chmod',
    'fchmod',
    'fchmodat',
    'chown',
    'fchown',
    'lchown',
    'fchownat',
    'utime',
    'utimes',
    'utimensat',
    'futimesat',
  ],
  // Subvolumes, and blocks that files share.
  'ioctl',
  // What the kernel's network is told.
  'sendto',
  ...['setxattr', 'lsetxattr', 'fsetxattr', 'removexattr', 'lremovexattr', 'fremovexattr'],
];

/** The `when`-th call of this name by one thread, as strace counts them. */
export interface CrashPoint {
  readonly call: string;
  readonly when: number;
}

export function formatPoint({ call, when }: CrashPoint): string {
  return `${call} ${when}`;
}

/** What makes strace end a process before one of its calls; without a point it only tells all of them. */
export function straceWords(output: string, point?: CrashPoint): readonly string[] {
  const trace = ['-qqq', '-y', '-o', output, '-e', `trace=?${CHANGING_CALLS.join(',?')}`];
  return point === undefined ? trace : [...trace, '-e', `inject=${point.call}:signal=SIGKILL:when=${point.when}`];
}

const CALL = /^([a-z0-9_]+)\((.*)$/;
const OPENS = ['open', 'openat', 'openat2'];

/** What strace prints of a message to the kernel's network, where calls on files have their paths. */
export const NETLINK = 'nlmsg_len=';

/** The calls in the output of strace, of one thread, that change something below a folder, or NETLINK; in their order. */
export function readCrashPoints(output: string, place: string): readonly CrashPoint[] {
  const counts = new Map<string, number>();
  const points: CrashPoint[] = [];
  for (const line of readFileSync(output, 'utf8').split('\n')) {
    const [, call, rest = ''] = CALL.exec(line) ?? [];
    if (call === undefined) continue;
    const when = (counts.get(call) ?? 0) + 1;
    counts.set(call, when);
    const isChange = !OPENS.includes(call) || /O_CREAT|O_TRUNC/.test(rest);
    const isElsewhere = call === 'sendto' && place !== NETLINK;
    if (isChange && !isElsewhere && rest.includes(place)) points.push({ call, when });
  }
  return points;
}

/** `full`, or how many points of each victim are tried; absent: a sample. */
const WANTED = process.env['GANTRY_TEST_CRASH'] ?? '';

/** What a run tries, for its report. */
export const crashMode = {
  isSample: WANTED === '',
  text: WANTED === '' ? 'a sample; all with GANTRY_TEST_CRASH=full' : WANTED,
};

/** At most so many of a list, from its beginning to its end, unless the environment says otherwise. */
export function samplePoints(points: readonly CrashPoint[], usual: number): readonly CrashPoint[] {
  const most = WANTED === 'full' ? points.length : Number(WANTED === '' ? usual : WANTED);
  if (points.length <= most) return points;
  const middle = (points.length - 1) / 2;
  const step = (points.length - 1) / Math.max(most - 1, 1);
  const indexes = most === 1 ? [middle] : Array.from({ length: most }, (_, index) => index * step);
  return indexes.flatMap((index) => points[Math.round(index)] ?? []);
}
