import { readFileSync } from 'node:fs';
import { readProcessStat, readProcessStatus, readProcFile } from '../../platform/proc.js';
import type { ProcessRow } from '../engine.js';

/** USER_HZ, which Linux fixes for user space at 100. proc(5) */
const TICKS_PER_SECOND = 100;

/** Rows of the processes that live, in the order of their pids. `pids` are the members of the container's cgroup. */
export function readProcessRows(pids: readonly number[]): readonly ProcessRow[] {
  const users = readUserNames();
  const bootedAtMs = readBootTimeMs();
  const rows = pids.map((pid) => readRow(pid, users, bootedAtMs));
  return rows.filter((row) => row !== undefined).sort((one, other) => one.pid - other.pid);
}

function readRow(pid: number, users: ReadonlyMap<string, string>, bootedAtMs: number): ProcessRow | undefined {
  const stat = readProcessStat(pid);
  const status = readProcessStatus(pid);
  // It ended since the members were listed.
  if (stat === undefined || status === undefined) return undefined;
  const uid = status.get('Uid')?.split(/\s+/)[1] ?? '';
  return {
    pid,
    ppid: stat.parentPid,
    user: users.get(uid) ?? uid,
    cpuSeconds: (stat.userTicks + stat.systemTicks) / TICKS_PER_SECOND,
    startedAtMs: bootedAtMs + (stat.startTicks * 1000) / TICKS_PER_SECOND,
    terminal: formatTerminal(stat.terminal),
    // A zombie has no memory and no line for it.
    rssBytes: 1024 * Number.parseInt(status.get('VmRSS') ?? '0', 10),
    command: formatCommand(readProcFile(pid, 'cmdline') ?? '', stat.name),
  };
}

/** Arguments stand one behind the other, each with a NUL; a kernel thread or zombie has none. */
function formatCommand(cmdline: string, name: string): string {
  const text = cmdline.replaceAll('\0', ' ').trim();
  return text === '' ? `[${name}]` : text;
}

const PTS_MAJORS = { first: 136, last: 143 };
const TTY_MAJOR = 4;

/** As ps says it; the number is packed as old_encode_dev does. proc_pid_stat(5), tty_nr */
function formatTerminal(device: number): string {
  const major = (device >> 8) & 0xfff;
  const minor = (device & 0xff) | ((device >> 12) & 0xfff00);
  if (major >= PTS_MAJORS.first && major <= PTS_MAJORS.last) {
    return `pts/${(major - PTS_MAJORS.first) * 256 + minor}`;
  }
  return major === TTY_MAJOR ? `tty${minor}` : '?';
}

/** The host's names, as docker top shows them; the last of several with one uid does not count. passwd(5) */
function readUserNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const line of readTextOrNothing('/etc/passwd').split('\n')) {
    const [name = '', , uid] = line.split(':');
    if (uid !== undefined && !names.has(uid)) names.set(uid, name);
  }
  return names;
}

function readBootTimeMs(): number {
  return 1000 * Number(/^btime (\d+)$/m.exec(readTextOrNothing('/proc/stat'))?.[1] ?? 0);
}

function readTextOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Names are a service: without the file there are numbers.
    return '';
  }
}
