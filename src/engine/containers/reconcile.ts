import { readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { ContainerId } from '../../model/ids.js';
import { isLocked } from '../../platform/file-lock.js';
import { isProcessAlive } from '../../platform/proc.js';
import { removeFolder } from '../../platform/remove-folder.js';
import { listDue, noteBoot } from './boot.js';
import type { ContainerParts } from './container-parts.js';
import { claimOperation, withoutOperation } from './operations.js';
import { removeEnded } from './remove.js';
import { clearRun, settleContainer } from './settle.js';
import { startContainer } from './start.js';

/**
 * What an engine does when it opens: takes over what the monitors have told meanwhile, settles every container that an
 * engine or a monitor has left in the middle of something, removes what belongs to no row, and starts again what went down with
 * the host or with its monitor. A failure is logged and the
 * rest goes on: one broken container must not keep an engine from opening.
 */
export async function reconcile(parts: ContainerParts): Promise<void> {
  // A row that cannot be read breaks the lists that it would be in: `system check` needs an engine to say so.
  await attempt(parts, 'settle what the last boot has left', () => endLastBoot(parts));
  await attempt(parts, 'settle the containers', () => settleAll(parts));
  await attempt(parts, 'remove containers that have ended', () => removeLeft(parts));
  await attempt(parts, 'remove strays', () => removeStrays(parts));
  await attempt(parts, 'start containers again', () => startDue(parts));
}

async function endLastBoot(parts: ContainerParts): Promise<void> {
  for (const record of noteBoot(parts)) {
    await attempt(parts, `clear the last run of ${record.name}`, () => clearRun(parts, record));
  }
}

async function settleAll(parts: ContainerParts): Promise<void> {
  for (const record of parts.store.listUnsettled()) {
    await attempt(parts, `settle container ${record.name}`, () => settleContainer(parts, record.id, record));
  }
}

async function removeLeft(parts: ContainerParts): Promise<void> {
  for (const { id, name, keptBy } of parts.store.listLeftForRemoval()) {
    if (keptBy !== undefined && isProcessAlive(keptBy)) continue;
    await attempt(parts, `remove container ${name}`, () => removeEnded(parts, id));
  }
}

async function startDue(parts: ContainerParts): Promise<void> {
  for (const id of listDue(parts)) {
    await attempt(parts, `start container ${id} again`, () => startContainer(parts, id));
  }
}

/**
 * A row is written in the transaction in which its container's folder and layer take their names, before anything else of it, and
 * deleted after all of it. So what is found first and then has no row, when nobody writes, belongs to nobody. Only the engine's own
 * folders and its own cgroup parent are looked at.
 */
async function removeStrays(parts: ContainerParts): Promise<void> {
  const { paths } = parts;
  const groups = parts.cgroups.list();
  const writable = parts.layers.writable.list();
  const folders = readdirSync(paths.containers);
  const files = [paths.journals, paths.locks, paths.sockets].flatMap((folder) =>
    readdirSync(folder).map((name) => ({ folder, name })),
  );
  if (groups.length + writable.length + folders.length + files.length === 0) return;
  const listKnown = (): ReadonlySet<string> => {
    const ids = parts.execs.listIds();
    // A socket's name is the beginning of an id.
    return new Set([...ids, ...ids.map((id) => basename(paths.socket(id as ContainerId)))]);
  };
  const before = listKnown();
  const all = [...groups, ...writable, ...folders, ...files.map(toId)];
  // Whoever writes a row now is waited for, which others need not be.
  const known = all.every((name) => before.has(name)) ? before : parts.database.transaction(listKnown);
  const isKnown = (name: string): boolean => known.has(name);
  await clearEnded(parts, groups.filter(isKnown));
  for (const id of groups.filter((name) => !isKnown(name))) {
    await attempt(parts, `remove the cgroup of ${id}, which is no container`, () =>
      parts.cgroups.open({ id }).remove(),
    );
  }
  for (const id of writable.filter((name) => !isKnown(name))) {
    await attempt(parts, `remove the layer of ${id}, which is no container`, () => parts.layers.writable.release(id));
  }
  for (const name of folders.filter((entry) => !isKnown(entry))) {
    await attempt(parts, `remove the folder ${name}, which is no container`, () =>
      removeFolder(join(paths.containers, name)),
    );
  }
  for (const { folder, name } of files.filter((file) => !isKnown(toId(file)))) {
    const path = join(folder, name);
    await attempt(parts, `remove ${path}, which is of no container`, () => rmSync(path, { force: true }));
  }
}

/** A monitor that was killed after it had told the exit has not removed what it removes last. */
async function clearEnded(parts: ContainerParts, groups: readonly string[]): Promise<void> {
  if (groups.length === 0) return;
  const running = new Set<string>(parts.store.listUnsettled().map(({ id }) => id));
  for (const id of groups.filter((name) => !running.has(name))) {
    await attempt(parts, `clear the last run of ${id}`, () => clearOne(parts, id as ContainerId));
  }
}

/** With the mark of a start: who starts it meanwhile would lose the group that it makes. */
async function clearOne(parts: ContainerParts, id: ContainerId): Promise<void> {
  const operation = { kind: 'start', owner: parts.owner } as const;
  const claimed = claimOperation(parts, id, (record) =>
    record.state.status === 'exited' && !isLocked(parts.paths.lock(id)) ? { ...record, operation } : undefined,
  );
  if (claimed === undefined) return;
  try {
    await clearRun(parts, claimed);
  } finally {
    parts.store.change(id, (record) => ({ record: withoutOperation(record) }));
  }
}

/** Of a file of a run: the id that it is of, or the beginning of that. */
function toId({ name }: { readonly name: string }): string {
  return name.endsWith('.jsonl') ? name.slice(0, -'.jsonl'.length) : name;
}

async function attempt(parts: ContainerParts, what: string, act: () => void | Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    parts.logger.warn(`cannot ${what}`, error);
  }
}
