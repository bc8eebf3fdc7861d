import { readdirSync } from 'node:fs';
import type { ProcessIdentity } from '../../model/container.js';
import type { ContainerId } from '../../model/ids.js';
import type { IdMapping, Namespace, NamespaceType, ProcessSecurity } from '../../model/namespace.js';
import { isProcessAlive, readNamespaceInode, readProcessStatus, readProcFile } from '../../platform/proc.js';
import { namesOfCapabilities, toCapabilitySet } from './capabilities.js';

const TYPES: readonly NamespaceType[] = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'time', 'user', 'uts'];

/** The processes of one running container. */
export interface ContainerMembers {
  readonly id: ContainerId;
  readonly pids: readonly number[];
}

/**
 * The namespaces that containers live in and the host's own, one entry for each kernel object: what two containers share
 * appears once, with both. The host's entries list the containers in them, not all processes of the host.
 */
export function listNamespaces(containers: readonly ContainerMembers[]): readonly Namespace[] {
  const collection = collectNamespaces();
  for (const container of containers) collection.add(container);
  return collection.list();
}

/** The same one container at a time: each takes eight reads of /proc for each of its processes. */
export function collectNamespaces(): { add(container: ContainerMembers): void; list(): readonly Namespace[] } {
  const found = new Map<string, { type: NamespaceType; inode: number; pids: number[]; ids: Set<ContainerId> }>();
  const hostInodes = new Map(TYPES.map((type) => [type, readNamespaceInode('self', type)]));
  const note = (type: NamespaceType, inode: number) => {
    const key = `${type}:${inode}`;
    const entry = found.get(key) ?? { type, inode, pids: [], ids: new Set<ContainerId>() };
    found.set(key, entry);
    return entry;
  };
  for (const [type, inode] of hostInodes) {
    if (inode !== undefined) {
      note(type, inode);
    }
  }
  return {
    add: ({ id, pids }) => {
      for (const [type, pid, inode] of pids.flatMap(readInodes)) {
        const entry = note(type, inode);
        entry.pids.push(pid);
        entry.ids.add(id);
      }
    },
    list: () =>
      [...found.values()].map(({ type, inode, pids, ids }) => ({
        type,
        inode,
        host: hostInodes.get(type) === inode,
        pids,
        containerIds: [...ids],
      })),
  };
}

/** What the kernel lets a process do; `undefined` once it has ended. */
export function readProcessSecurity(process: ProcessIdentity): ProcessSecurity | undefined {
  const status = readProcessStatus(process.pid);
  const uidMap = readProcFile(process.pid, 'uid_map');
  const gidMap = readProcFile(process.pid, 'gid_map');
  if (status === undefined || uidMap === undefined || gidMap === undefined || !isProcessAlive(process)) {
    return undefined;
  }
  const names = (key: string) => namesOfCapabilities(toCapabilitySet(status.get(key)));
  return {
    uid: readId(status.get('Uid'), uidMap),
    gid: readId(status.get('Gid'), gidMap),
    capabilities: {
      effective: names('CapEff'),
      permitted: names('CapPrm'),
      inheritable: names('CapInh'),
      bounding: names('CapBnd'),
      ambient: names('CapAmb'),
    },
    seccomp: (['disabled', 'strict', 'filter'] as const)[Number(status.get('Seccomp') ?? 0)] ?? 'disabled',
    seccompFilters: Number(status.get('Seccomp_filters') ?? 0),
    noNewPrivileges: status.get('NoNewPrivs') === '1',
    uidMap: parseIdMap(uidMap),
    gidMap: parseIdMap(gidMap),
  };
}

/** The text of /proc/PID/uid_map, as a reader in the host's user namespace sees it. user_namespaces(7). */
export function parseIdMap(text: string): readonly IdMapping[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const [insideId = 0, outsideId = 0, count = 0] = line.trim().split(/\s+/).map(Number);
      return { insideId, outsideId, count };
    });
}

/** A process and the processes it started, as /proc/PID/task/TID/children tells; without that file only itself. */
export function listDescendants(pid: number): readonly number[] {
  const found = [pid];
  for (const parent of found) {
    found.push(...listTasks(parent).flatMap((task) => readChildren(parent, task)));
  }
  return found;
}

function listTasks(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    // It has ended.
    return [];
  }
}

function readChildren(pid: number, task: string): readonly number[] {
  const text = readProcFile(pid, `task/${task}/children`) ?? '';
  return text.split(' ').filter(Boolean).map(Number);
}

function readInodes(pid: number): readonly (readonly [NamespaceType, number, number])[] {
  return TYPES.flatMap((type) => {
    const inode = readNamespaceInode(pid, type);
    return inode === undefined ? [] : [[type, pid, inode] as const];
  });
}

/** The effective id, the second of the four, said as the container sees it. */
function readId(line: string | undefined, map: string): number {
  const outside = Number(line?.split(/\s+/)[1] ?? 0);
  const range = parseIdMap(map).find((entry) => outside >= entry.outsideId && outside < entry.outsideId + entry.count);
  return range ? outside - range.outsideId + range.insideId : outside;
}
