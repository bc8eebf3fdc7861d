import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { LocalEngineOptions } from '../../src/engine/local-engine.js';
import { readProcessStat } from '../../src/platform/proc.js';
import { readLinkIfThere, readNamesIfThere, readTextIfThere } from './read-if-there.js';
import { waitUntil } from './wait-until.js';

export type EngineFolders = Pick<LocalEngineOptions, 'root' | 'runRoot' | 'cgroupParent'>;

/** Looks for what containers of one engine root leave on the disk and in the kernel. */
export interface LeakCheck {
  /** Remembers the namespaces of all that runs now, and gives their number. */
  remember(): number;
  /** Resolves when there is no process, namespace, mount, cgroup, socket or file of a container; rejects with the list. */
  assertNothingLeft(when?: string): Promise<void>;
}

export function makeLeakCheck(engine: EngineFolders): LeakCheck {
  const remembered = new Set<string>();
  // The kernel gives the number of a namespace that has ended to the next one, which may be another engine's. A process
  // that was there when the number was ours cannot be in that one.
  let elders: ReadonlySet<string> = new Set();
  const others = listNamespaces(['self']);
  const list = (): readonly string[] => [
    ...listProcessesOf(engine).map((pid) => `process ${pid} ${readTextIfThere(`/proc/${pid}/comm`).trim()}`),
    ...listNamespaces(listPids().filter((pid) => elders.has(identityOf(pid)))).filter((name) => remembered.has(name)),
    ...listMounts(engine),
    ...listCgroupFolders(engine.cgroupParent),
    ...listSockets(engine),
    ...listFiles(engine),
  ];
  return {
    remember() {
      for (const name of listNamespaces(listProcessesOf(engine))) remembered.add(name);
      for (const name of others) remembered.delete(name);
      elders = new Set(listPids().map(identityOf));
      return remembered.size;
    },
    async assertNothingLeft(when) {
      // Namespaces and the last tasks of a cgroup end a moment after the process that had them.
      await waitUntil('the end of all that runs', () => list().length === 0).catch(() => undefined);
      const left = list();
      assert.equal(left.length, 0, [`left behind ${when ?? ''}`, ...left].join('\n'));
    },
  };
}

/** Folders of a cgroup parent in every hierarchy, and all groups in them. */
export function listCgroupFolders(parent: string): readonly string[] {
  const hierarchies = readdirSync('/sys/fs/cgroup').map((name) => join('/sys/fs/cgroup', name));
  const parents = ['/sys/fs/cgroup', ...hierarchies].map((path) => join(path, parent));
  return parents.filter((path) => existsSync(path)).flatMap((path) => [path, ...listFolders(path)]);
}

function listFolders(path: string): readonly string[] {
  const entries = readdirSync(path, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(path, name));
}

function listPids(): readonly string[] {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
}

/** Pid and start time. */
function identityOf(pid: string): string {
  return `${pid} ${readProcessStat(Number(pid))?.startTicks ?? ''}`;
}

/** Members of the engine's cgroups, and monitors, which hold their lock and journal in its run root. */
export function listProcessesOf({ runRoot, cgroupParent }: EngineFolders): readonly string[] {
  return listPids().filter((pid) => {
    if (readTextIfThere(`/proc/${pid}/cgroup`).includes(`:${cgroupParent}/`)) return true;
    if (!/\/gantry-init( |$)/.test(readLinkIfThere(`/proc/${pid}/exe`))) return false;
    return readNamesIfThere(`/proc/${pid}/fd`).some((name) =>
      readLinkIfThere(`/proc/${pid}/fd/${name}`).startsWith(runRoot),
    );
  });
}

/** Such as `net:[4026531840]`. */
function listNamespaces(pids: readonly string[]): readonly string[] {
  const links = pids.flatMap((pid) =>
    readNamesIfThere(`/proc/${pid}/ns`).map((name) => readLinkIfThere(`/proc/${pid}/ns/${name}`)),
  );
  return [...new Set(links.filter((link) => link !== ''))];
}

function listMounts({ root, runRoot }: EngineFolders): readonly string[] {
  const lines = readTextIfThere('/proc/self/mountinfo').split('\n');
  return lines.filter((line) => line.includes(root) || line.includes(runRoot));
}

function listSockets({ runRoot }: EngineFolders): readonly string[] {
  const lines = readTextIfThere('/proc/net/unix').split('\n');
  return lines.filter((line) => line.includes(runRoot)).map((line) => `socket ${line}`);
}

function listFiles({ root, runRoot }: EngineFolders): readonly string[] {
  const folders = [
    ...['containers', 'writable', 'staging'].map((name) => join(root, name)),
    ...['journals', 'sockets', 'locks'].map((name) => join(runRoot, name)),
  ];
  return folders.flatMap((folder) => readNamesIfThere(folder).map((name) => join(folder, name)));
}
