import type { FlagSpec } from './flags.js';

/** Flags that change the limits of a container: of `run`, `create` and `update`. */
export const LIMIT_FLAGS: readonly FlagSpec[] = [
  { long: 'blkio-weight', kind: 'uint', word: 'uint16', summary: 'Relative block I/O weight, 10 to 1000; 0 for none' },
  { long: 'cpu-period', kind: 'int', summary: 'Period of the CPU quota, in microseconds' },
  { long: 'cpu-quota', kind: 'int', summary: 'CPU time per period, in microseconds' },
  { long: 'cpu-shares', short: 'c', kind: 'int', summary: 'Relative CPU weight' },
  { long: 'cpus', kind: 'decimal', summary: 'How many CPUs it may use at a time' },
  { long: 'cpuset-cpus', kind: 'string', summary: 'CPUs it may run on (0-3, 0,1)' },
  { long: 'cpuset-mems', kind: 'string', summary: 'Memory nodes it may use (0-3, 0,1)' },
  { long: 'memory', short: 'm', kind: 'bytes', summary: 'Most memory it may use' },
  { long: 'memory-reservation', kind: 'bytes', summary: 'Memory it keeps when the host runs short' },
  { long: 'memory-swap', kind: 'bytes', summary: 'Most memory and swap together; -1 for any amount of swap' },
  { long: 'pids-limit', kind: 'int', summary: 'Most processes and threads; -1 for no limit' },
];

/** `--restart`, of `run`, `create` and `update`. */
export const RESTART_FLAG: FlagSpec = {
  long: 'restart',
  kind: 'string',
  summary: 'When to start it again after it has ended',
  choices: ['no', 'on-failure', 'always', 'unless-stopped'],
};

/** Flags of `create`; `run` has RUN_ONLY_FLAGS too. */
export const CREATE_FLAGS: readonly FlagSpec[] = [
  ...LIMIT_FLAGS,
  RESTART_FLAG,
  { long: 'add-host', kind: 'list', summary: 'One more line of /etc/hosts (host:ip)' },
  { long: 'attach', short: 'a', kind: 'list', summary: 'Streams to attach: stdin, stdout, stderr' },
  { long: 'cap-add', kind: 'list', summary: 'Capabilities to give' },
  { long: 'cap-drop', kind: 'list', summary: 'Capabilities to take away' },
  { long: 'cgroup-parent', kind: 'string', summary: 'Cgroup to put it under' },
  { long: 'cgroupns', kind: 'string', summary: 'Cgroup namespace', choices: ['private', 'host'] },
  { long: 'cidfile', kind: 'string', summary: 'File to write the container id to' },
  { long: 'device', kind: 'list', summary: 'Device of the host to make (host[:container[:rwm]])' },
  { long: 'device-cgroup-rule', kind: 'list', summary: 'Rule for devices it may use, such as "c 42:* rmw"' },
  { long: 'device-read-bps', kind: 'list', summary: 'Bytes per second it may read from a device' },
  { long: 'device-read-iops', kind: 'list', summary: 'Reads per second from a device' },
  { long: 'device-write-bps', kind: 'list', summary: 'Bytes per second it may write to a device' },
  { long: 'device-write-iops', kind: 'list', summary: 'Writes per second to a device' },
  { long: 'dns', kind: 'list', summary: 'Name servers' },
  { long: 'domainname', kind: 'string', summary: 'NIS domain name' },
  { long: 'entrypoint', kind: 'string', summary: "Program to run in place of the image's entrypoint" },
  { long: 'env', short: 'e', kind: 'list', summary: "Environment variable: NAME=value, or NAME to take the caller's" },
  { long: 'env-file', kind: 'list', summary: 'File of environment variables, one a line' },
  { long: 'group-add', kind: 'list', summary: 'Additional groups' },
  { long: 'health-cmd', kind: 'string', summary: 'Command that says whether it is healthy' },
  { long: 'health-interval', kind: 'duration', summary: 'Time between two health checks' },
  { long: 'health-retries', kind: 'int', summary: 'Failed checks in a row that make it unhealthy' },
  { long: 'health-start-interval', kind: 'duration', summary: 'Time between two checks in the start period' },
  { long: 'health-start-period', kind: 'duration', summary: 'Time in which failed checks do not count' },
  { long: 'health-timeout', kind: 'duration', summary: 'Longest time a check may take' },
  { long: 'hostname', short: 'h', kind: 'string', summary: 'Host name' },
  { long: 'init', kind: 'bool', summary: 'Run a small init as process 1, which reaps processes' },
  { long: 'interactive', short: 'i', kind: 'bool', summary: 'Keep its standard input open' },
  { long: 'ipc', kind: 'string', summary: 'IPC namespace: none, private, shareable, host, container:NAME' },
  { long: 'label', short: 'l', kind: 'list', summary: 'Label (key=value)' },
  { long: 'label-file', kind: 'list', summary: 'File of labels, one a line' },
  { long: 'log-driver', kind: 'string', summary: 'Where its output goes', choices: ['json-file', 'none'] },
  { long: 'log-opt', kind: 'list', summary: 'Options of the log: max-size, max-file' },
  { long: 'memory-swappiness', kind: 'int', summary: 'How readily its memory is swapped, 0 to 100 (cgroup v1)' },
  { long: 'mount', kind: 'list', word: 'mount', summary: 'Mount: type=bind|volume|tmpfs,source=…,target=…' },
  { long: 'name', kind: 'string', summary: 'Name of the container' },
  { long: 'network', kind: 'list', word: 'network', summary: 'Network: a name, none, host, container:NAME' },
  { long: 'no-healthcheck', kind: 'bool', summary: "Run no health check, not even the image's" },
  { long: 'oom-kill-disable', kind: 'bool', summary: 'Stop it rather than kill it when memory runs out (cgroup v1)' },
  { long: 'oom-score-adj', kind: 'int', summary: 'Preference of the OOM killer, -1000 to 1000' },
  { long: 'pid', kind: 'string', summary: 'Process namespace: host, container:NAME' },
  { long: 'platform', kind: 'string', summary: 'Platform of the image, such as linux/arm64' },
  { long: 'privileged', kind: 'bool', summary: 'Take nearly all isolation away' },
  { long: 'publish', short: 'p', kind: 'list', summary: 'Port to publish ([ip:][host:]container[/protocol])' },
  { long: 'pull', kind: 'string', summary: 'When to pull the image', choices: ['always', 'missing', 'never'] },
  { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print nothing while pulling' },
  { long: 'read-only', kind: 'bool', summary: 'Mount its root file system read-only' },
  { long: 'rm', kind: 'bool', summary: 'Remove it and its anonymous volumes when it has ended' },
  { long: 'security-opt', kind: 'list', summary: 'seccomp=FILE|unconfined, no-new-privileges, systempaths=unconfined' },
  { long: 'shm-size', kind: 'bytes', summary: 'Size of /dev/shm' },
  { long: 'stop-signal', kind: 'string', summary: 'Signal that asks it to end' },
  { long: 'stop-timeout', kind: 'int', summary: 'Seconds between that signal and SIGKILL' },
  { long: 'sysctl', kind: 'list', word: 'map', summary: 'Kernel parameter of its namespaces (name=value)' },
  { long: 'tmpfs', kind: 'list', summary: 'Path for a file system in memory (path[:options])' },
  { long: 'tty', short: 't', kind: 'bool', summary: 'Give it a terminal' },
  { long: 'ulimit', kind: 'list', word: 'ulimit', summary: 'Resource limit of its processes (name=soft[:hard])' },
  { long: 'user', short: 'u', kind: 'string', summary: 'User, and group (name|uid[:group|gid])' },
  { long: 'userns', kind: 'string', summary: 'User namespace', choices: ['host', 'remap'] },
  { long: 'uts', kind: 'string', summary: 'Namespace of the host name', choices: ['host'] },
  { long: 'volume', short: 'v', kind: 'list', summary: 'Mount: [source:]target[:options]' },
  { long: 'workdir', short: 'w', kind: 'string', summary: 'Working directory' },
];

/** Flags that only `run` has. */
export const RUN_ONLY_FLAGS: readonly FlagSpec[] = [
  { long: 'detach', short: 'd', kind: 'bool', summary: 'Leave it running and print its id' },
  { long: 'detach-keys', kind: 'string', summary: 'Keys that detach from it', fallback: 'ctrl-p,ctrl-q' },
  { long: 'sig-proxy', kind: 'bool', summary: 'Pass signals on to it', fallback: 'true' },
];

/** Flags of `run`. */
export const RUN_FLAGS: readonly FlagSpec[] = [...CREATE_FLAGS, ...RUN_ONLY_FLAGS];
