import { EngineError } from '../../../model/errors.js';
import type { KernelFiles } from '../../../platform/kernel-file.js';
import { signalProcess } from '../../../platform/signal-process.js';
import { listProcesses, tryRemoveTree } from './group-folders.js';
import { waitUntil } from './wait-until.js';

/** Where a group's processes are reached. At least one of the two. */
export interface ProcessFolders {
  readonly files: KernelFiles;
  /** In the unified hierarchy. */
  readonly unified?: string;
  /** In the v1 freezer's. */
  readonly freezer?: string;
  /** Any hierarchy's, to list members where there is no unified one. */
  readonly members: string;
}

const LIMIT_MS = 10_000;

/** Resolves when every process stands still. Rejects: conflict (undone), not-implemented (no freezer). */
export async function freezeGroup(folders: ProcessFolders): Promise<void> {
  const isFrozen =
    folders.unified !== undefined && hasFreezer(folders) ? await freezeV2(folders) : await freezeV1(folders);
  if (isFrozen) return;
  thawGroup(folders);
  throw new EngineError(
    'conflict',
    `cannot freeze ${folders.members}: not all processes stopped within ${LIMIT_MS} ms`,
  );
}

/** A group that has gone, as one whose frozen processes were just killed, has nothing to thaw. */
export function thawGroup({ files, unified, freezer }: ProcessFolders): void {
  if (unified !== undefined && files.exists(`${unified}/cgroup.freeze`))
    writeIfThere(files, `${unified}/cgroup.freeze`, '0');
  else if (freezer !== undefined) writeIfThere(files, `${freezer}/freezer.state`, 'THAWED');
}

/** True from the beginning of a freeze on; false for a group that has gone. */
export function isGroupFrozen({ files, unified, freezer }: ProcessFolders): boolean {
  const asked = unified === undefined ? undefined : files.readIfThere(`${unified}/cgroup.freeze`);
  if (asked !== undefined) return asked === '1';
  const state = freezer === undefined ? undefined : files.readIfThere(`${freezer}/freezer.state`);
  return state !== undefined && state !== 'THAWED';
}

/** SIGKILL to every member; resolves when there is none. Rejects: conflict. */
export async function killGroup(folders: ProcessFolders): Promise<void> {
  const { files, unified } = folders;
  const killPath = `${unified}/cgroup.kill`;
  const hasKill = unified !== undefined && files.exists(killPath);
  if (hasKill) writeIfThere(files, killPath);
  const isEmpty = await waitUntil({
    files,
    check: () => isEmptyGroup(folders) || (!hasKill && killRound(folders)),
    ...(unified !== undefined && hasKill && { eventsPath: `${unified}/cgroup.events` }),
    timeoutMs: LIMIT_MS,
  });
  if (!isEmpty) {
    throw new EngineError(
      'conflict',
      `cannot kill all of ${folders.members}: some processes are left after ${LIMIT_MS} ms`,
    );
  }
}

/** Kills what is in the group, then removes `trees`. Rejects: conflict (something keeps them busy). */
export async function removeGroup(folders: ProcessFolders, trees: readonly string[]): Promise<void> {
  const { files } = folders;
  if (!isEmptyGroup(folders)) await killGroup(folders);
  for (const tree of trees) {
    // The last task may still be on its way out of a v1 hierarchy when the group is already empty.
    const isGone = await waitUntil({ files, check: () => tryRemoveTree(files, tree), timeoutMs: LIMIT_MS });
    if (!isGone) throw new EngineError('conflict', `cannot remove ${tree}: it is busy`);
  }
}

/** A group that is removed meanwhile has nobody left to kill. */
function writeIfThere(files: KernelFiles, path: string, text = '1'): void {
  try {
    files.write(path, text);
  } catch (error) {
    if (files.exists(path)) throw error;
  }
}

function hasFreezer({ files, unified }: ProcessFolders): boolean {
  return files.exists(`${unified}/cgroup.freeze`);
}

function freezeV2({ files, unified }: ProcessFolders): Promise<boolean> {
  files.write(`${unified}/cgroup.freeze`, '1');
  return waitUntil({
    files,
    check: () => hasLine(files, `${unified}/cgroup.events`, 'frozen 1'),
    eventsPath: `${unified}/cgroup.events`,
    timeoutMs: LIMIT_MS,
  });
}

/**
 * v1 may stay FREEZING for ever when a task forks or waits in the kernel at the wrong moment: write FROZEN again at
 * each look, and let everything run for a moment after every fifty.
 */
function freezeV1({ files, freezer, members }: ProcessFolders): Promise<boolean> {
  if (freezer === undefined) {
    throw new EngineError('not-implemented', `cannot freeze ${members}: this host has no cgroup freezer`);
  }
  const path = `${freezer}/freezer.state`;
  let looks = 0;
  const check = () => {
    if (++looks % 50 === 0) files.write(path, 'THAWED');
    files.write(path, 'FROZEN');
    return files.read(path) === 'FROZEN';
  };
  return waitUntil({ files, check, timeoutMs: LIMIT_MS });
}

function isEmptyGroup({ files, unified, members }: ProcessFolders): boolean {
  if (unified === undefined) return listProcesses(files, members).length === 0;
  const events = files.readIfThere(`${unified}/cgroup.events`);
  return events === undefined || events.split('\n').includes('populated 0');
}

function hasLine(files: KernelFiles, path: string, line: string): boolean {
  return (files.readIfThere(path) ?? '').split('\n').includes(line);
}

/** Stop everybody, so that nobody forks away; kill; let them run into it. Always false: who dies is seen next time. */
function killRound(folders: ProcessFolders): false {
  const { files, freezer, members } = folders;
  if (freezer !== undefined) files.write(`${freezer}/freezer.state`, 'FROZEN');
  for (const pid of listProcesses(files, members)) signalProcess(pid, 'SIGKILL');
  thawGroup(folders);
  if (freezer !== undefined) files.write(`${freezer}/freezer.state`, 'THAWED');
  return false;
}
