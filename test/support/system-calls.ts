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

/** What the monitor and the first process of a container do besides: processes, namespaces, mounts, locks, messages. */
export const LAUNCHING_CALLS = [
  ...[
    'clone',
    'clone3',
    'fork',
    'vfork',
    'execve',
    'execveat',
    'setns',
    'unshare',
    'prctl',
    'kill',
    'pidfd_send_signal',
  ],
  ...['mount', 'umount2', 'pivot_root', 'move_mount', 'fsopen', 'fsconfig', 'fsmount', 'open_tree', 'mount_setattr'],
  ...['flock', 'bind', 'listen', 'sendmsg', 'sethostname', 'setresuid', 'setgroups', 'capset', 'exit_group'],
];

/** The `when`-th call of this name by one thread, as strace counts them. */
export interface CrashPoint {
  readonly call: string;
  readonly when: number;
  /** The call fails so, and nothing is ended. */
  readonly error?: string;
}

export function formatPoint({ call, when, error }: CrashPoint): string {
  return error === undefined ? `${call} ${when}` : `${call} ${when} (${error})`;
}

/** What makes strace end a process before one of its calls, or fail it; without a point it only tells all of them. */
export function straceWords(output: string, point?: CrashPoint, calls = CHANGING_CALLS): readonly string[] {
  const trace = ['-qqq', '-y', '-o', output, '-e', `trace=?${calls.join(',?')}`];
  if (point === undefined) return trace;
  const fault = point.error === undefined ? 'signal=SIGKILL' : `error=${point.error}`;
  return [...trace, '-e', `inject=${point.call}:${fault}:when=${point.when}`];
}

const CALL = /^([a-z0-9_]+)\((.*)$/;
const OPENS = ['open', 'openat', 'openat2'];

/** What strace prints of a message to the kernel's network, where calls on files have their paths. */
export const NETLINK = 'nlmsg_len=';

/** The calls in the output of strace, of one thread, that change something below a folder, or NETLINK; in their order. */
export function readCrashPoints(output: string, ...places: readonly string[]): readonly TracedCall[] {
  return readTracedCalls(output).filter(({ call, rest }) => {
    const isElsewhere = call === 'sendto' && !places.includes(NETLINK);
    return isChange(call, rest) && !isElsewhere && places.some((place) => rest.includes(place));
  });
}

/** A call as strace prints it, its arguments and its result in `rest`. */
export interface TracedCall extends CrashPoint {
  readonly rest: string;
}

/** All of one thread, in their order. */
export function readTracedCalls(output: string): readonly TracedCall[] {
  const counts = new Map<string, number>();
  return readFileSync(output, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, call, rest = ''] = CALL.exec(line) ?? [];
      if (call === undefined) return [];
      const when = (counts.get(call) ?? 0) + 1;
      counts.set(call, when);
      return [{ call, when, rest }];
    });
}

/** The one that a point's error was put in for; strace counts anew in each run, so that it may be another than the run before had there. */
export function findFailed(output: string): TracedCall | undefined {
  return readTracedCalls(output).find(({ rest }) => rest.endsWith('(INJECTED)'));
}

/** A connection, or the bell between threads of a process, is no disk's. */
export function isOfFile({ call, rest }: TracedCall): boolean {
  return isChange(call, rest) && !rest.includes('<socket:[') && !rest.includes('<anon_inode:');
}

/** A file that is opened only to be read is no change. */
export function isChange(call: string, rest: string): boolean {
  return !OPENS.includes(call) || /O_CREAT|O_TRUNC/.test(rest);
}

/** `full`, or how many points of each victim are tried; absent: a sample. */
const WANTED = process.env['GANTRY_TEST_CRASH'] ?? '';

/** Names of operations, with commas between; absent: all. */
const ONLY = process.env['GANTRY_TEST_CRASH_ONLY']?.split(',');

/** What a run tries, for its report. */
export const crashMode = {
  isTried: (operation: string): boolean => ONLY === undefined || ONLY.includes(operation),
  isSample: WANTED === '',
  text: WANTED === '' ? 'a sample; all with GANTRY_TEST_CRASH=full' : WANTED,
};

/** At most so many of a list, from its beginning to its end, unless the environment says otherwise. */
export function samplePoints<T extends CrashPoint>(points: readonly T[], usual: number): readonly T[] {
  const most = WANTED === 'full' ? points.length : Number(WANTED === '' ? usual : WANTED);
  if (points.length <= most) return points;
  const middle = (points.length - 1) / 2;
  const step = (points.length - 1) / Math.max(most - 1, 1);
  const indexes = most === 1 ? [middle] : Array.from({ length: most }, (_, index) => index * step);
  return indexes.flatMap((index) => points[Math.round(index)] ?? []);
}
