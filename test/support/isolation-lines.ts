import { syscallNumbers } from '../../src/engine/isolation/syscalls.js';

/** What a container can find out about its own isolation: "TOPIC: LINE" a line. Needs the programs kernel-files and filter-answers beside busybox. */
export const DESCRIBE = `#!/bin/sh
each() { sed "s|^|$1: |"; }
grep -E '^(Umask|Uid|Gid|Groups|Sig[BIC]|Shd|Cap|NoNew|Seccomp|Spec|Cpus_allowed|Mems_allowed|THP|Core)' /proc/self/status | each status
sed 1d /proc/self/limits | each limits
for name in oom_score_adj coredump_filter personality; do each $name < /proc/self/$name; done
cut -d' ' -f4- /proc/self/mountinfo | each mount
find /dev -exec stat -c '%n %F %a %u:%g %t:%T' {} \\; | each device
cat /sys/fs/cgroup/devices/devices.list 2>/dev/null | each device-rule
set -- /proc/self/fd/[012] /proc/self/fd/[3-9]; echo "descriptors: $#"
kernel-files | sed 's/^\\(\\w*\\) /\\1: /'
filter-answers | each filter
`;

/** Values that change by themselves, or with the machine's load. */
const RESTLESS =
  /^sysctl: (fs\/(dentry-state|file-nr|inode-nr|inode-state|aio-nr|quota\/\S+)|kernel\/(ns_last_pid|pty\/nr|random\/\S+|perf_event_max_sample_rate|perf_cpu_time_max_percent)|net\/netfilter\/nf_conntrack_count) /;

/** The lines without what is of one container or one engine alone: ids, folders, and numbers of peer groups. */
export function normalizeLines(text: string): readonly string[] {
  const lines = text
    .split('\n')
    .filter((line) => line !== '' && !RESTLESS.test(line))
    .map((line) => (line.startsWith('filter: ') ? nameCall(line) : line))
    .map((line) =>
      line
        .replace(/\b[0-9a-f]{64}\b/g, '<id>')
        .replace(/^(mount: )\/\S*<id>\/(hostname|hosts|resolv\.conf) /, '$1<container>/$2 ')
        .replace(/^(mount: )\/\S*<id> /, '$1<cgroup> ')
        .replace(/ (master|shared):\d+/g, ' $1')
        .replace(/ - (overlay|ext4|tmpfs|xfs|btrfs) (\S+) .*$/, (all, type: string) =>
          type === 'tmpfs' ? all : ` - ${type}`,
        ),
    );
  return [...new Set(lines)];
}

const NAMES = new Map(
  (['x64', 'i386'] as const).map((name) => [
    name,
    new Map([...syscallNumbers(name)].map(([call, number]) => [number, call])),
  ]),
);

function nameCall(line: string): string {
  const [, architecture = '', number = '', rest = ''] = /^filter: (\w+) (\d+)(.*)$/.exec(line) ?? [];
  const name = NAMES.get(architecture === 'i386' ? 'i386' : 'x64')?.get(Number(number));
  return `filter: ${architecture} ${name ?? `number ${number}`}${rest}`;
}
