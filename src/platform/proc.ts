import { readFileSync, readlinkSync } from 'node:fs';

/** What one line of /proc/PID/stat says about a process. proc_pid_stat(5). */
export interface ProcessStat {
  readonly pid: number;
  /** At most 15 bytes of the program's name. */
  readonly name: string;
  /** One letter: R, S, D, Z, T … */
  readonly state: string;
  readonly parentPid: number;
  /** Device number of the controlling terminal; 0: none. */
  readonly terminal: number;
  /** Clock ticks (1/100 s on Linux). */
  readonly userTicks: number;
  readonly systemTicks: number;
  /** Clock ticks between boot and the process' start. */
  readonly startTicks: number;
}

/** `undefined` where the process does not exist (any more). Fields count from behind the name, which may hold anything. */
export function readProcessStat(pid: number): ProcessStat | undefined {
  const text = readProcFile(pid, 'stat');
  if (text === undefined) {
    return undefined;
  }
  const close = text.lastIndexOf(')');
  const fields = text.slice(close + 2).split(' ', 20);
  const field = (number: number) => Number(fields[number - 3] ?? 0);
  return {
    pid,
    name: text.slice(text.indexOf('(') + 1, close),
    state: fields[0] ?? '',
    parentPid: field(4),
    terminal: field(7),
    userTicks: field(14),
    systemTicks: field(15),
    startTicks: field(22),
  };
}

/** This process, told apart from any that gets its pid later. */
export function readOwnIdentity(): { readonly pid: number; readonly startTicks: number } {
  return { pid: process.pid, startTicks: readProcessStat(process.pid)?.startTicks ?? 0 };
}

/** The id of this run of the kernel, a new one at each boot; `undefined` where the kernel has none. random(4) */
export function readBootId(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  } catch {
    return undefined;
  }
}

/** True while the process that had this pid at this start time exists and is not a zombie. */
export function isProcessAlive(process: { readonly pid: number; readonly startTicks: number }): boolean {
  const stat = readProcessStat(process.pid);
  return stat !== undefined && stat.startTicks === process.startTicks && stat.state !== 'Z' && stat.state !== 'X';
}

/** The lines of /proc/PID/status by their key. proc_pid_status(5). `undefined` where the process does not exist. */
export function readProcessStatus(pid: number | 'self'): ReadonlyMap<string, string> | undefined {
  const text = readProcFile(pid, 'status');
  if (text === undefined) {
    return undefined;
  }
  const entries = text.split('\n').map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  return new Map(entries);
}

/** True in a user namespace other than the host's, whose map is of all ids: user_namespaces(7). */
export function isInUserNamespace(): boolean {
  return !/^\s*0\s+0\s+4294967295\s*$/.test(readProcFile('self', 'uid_map') ?? '');
}

/** The inode of a namespace of a process, by the link's name in /proc/PID/ns. namespaces(7). */
export function readNamespaceInode(pid: number | 'self', name: string): number | undefined {
  try {
    const match = /\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/ns/${name}`));
    return match ? Number(match[1]) : undefined;
  } catch {
    // Gone, or a kernel without this kind.
    return undefined;
  }
}

/** A file of /proc/PID as text; `undefined` where the process has ended or may not be looked at. */
export function readProcFile(pid: number | 'self', name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    // ENOENT and ESRCH: it ended; EACCES: it is another user's.
    return undefined;
  }
}
