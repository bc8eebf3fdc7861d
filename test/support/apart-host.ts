import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A host whose network, host name and files of names are a test's own: it has no interface but its loopback, and forwards nothing. */
export interface ApartHost {
  /** Of the process that holds its namespaces. */
  readonly pid: number;
  /** What a command there begins with. */
  readonly by: readonly string[];
  /** The same in its network namespace alone. */
  readonly byNetwork: readonly string[];
}

export interface ApartHostOptions {
  /** Of the test: what the host needs is in it. */
  readonly folder: string;
  readonly hostname: string;
  /** Names and texts of files in its /etc. */
  readonly etc: Readonly<Record<string, string>>;
}

/**
 * The namespaces are held by a process until the test ends. /sys is mounted anew, for it shows the interfaces of the
 * namespace that mounts it; cgroups stay the machine's.
 */
const SET_UP = `
set -e
mkdir -p "$1/cgroup" "$1/work"
mount --rbind /sys/fs/cgroup "$1/cgroup"
umount -l /sys
mount -t sysfs sysfs /sys
mount --rbind "$1/cgroup" /sys/fs/cgroup
mount -t tmpfs tmpfs /run
mount -t overlay -o "lowerdir=/etc,upperdir=$1/etc,workdir=$1/work" overlay /etc
hostname "$2"
echo 0 > /proc/sys/net/ipv4/ip_forward
ip link set lo up
echo ready
exec sleep infinity
`;

/** Needs root, overlay, and the commands ip, nsenter and unshare. */
export async function makeApartHost(
  t: Pick<TestContext, 'after'>,
  { folder, hostname, etc }: ApartHostOptions,
): Promise<ApartHost> {
  mkdirSync(join(folder, 'etc'), { recursive: true });
  for (const [name, text] of Object.entries(etc)) writeFileSync(join(folder, 'etc', name), text);
  const holder = spawn(
    'unshare',
    ['--net', '--mount', '--uts', '--propagation', 'private', 'sh', '-c', SET_UP, 'sh', folder, hostname],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ended = once(holder, 'exit');
  t.after(async () => {
    holder.kill('SIGKILL');
    await ended;
  });
  const isReady = await Promise.race([once(holder.stdout, 'data').then(() => true), ended.then(() => false)]);
  if (!isReady) throw new Error('cannot set up a host apart');
  const { pid = 0 } = holder;
  const target = ['nsenter', '--target', String(pid)];
  return { pid, by: [...target, '--net', '--mount', '--uts'], byNetwork: [...target, '--net'] };
}
