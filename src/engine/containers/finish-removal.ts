import { EngineError, messageOf } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import { withdrawFolder } from '../../platform/remove-folder.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { waitForMonitorEnd, withoutOperation } from './operations.js';

/** Every step can be done again: reconcile.ts calls this for a removal whose owner died. */
export async function finishRemoval(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  const { id, operation } = record;
  try {
    await waitForMonitorEnd(parts, id);
    await parts.cgroups.open(toCgroupName(record)).remove();
    if (record.lastOpened !== undefined) await (await import('./clear-networks.js')).closeNamed(parts);
    const folder = withdrawFolder(parts.paths.container(id).folder);
    parts.layers.writable.release(id, [...listRunFiles(parts, id), ...(folder === undefined ? [] : [folder])]);
    if (operation?.kind === 'remove' && operation.volumes) removeAnonymousVolumes(parts, record);
    parts.store.remove(record);
  } catch (cause) {
    const reason = messageOf(cause);
    parts.store.change(id, (current) => ({
      record: { ...withoutOperation(current), state: { status: 'dead', reason } },
    }));
    throw new EngineError('internal', `cannot remove container ${record.name}: ${reason}`, { cause });
  }
}

function removeAnonymousVolumes({ volumes, logger }: ContainerParts, { mounts }: ContainerRecord): void {
  for (const mount of mounts) {
    if (mount.type !== 'volume' || !mount.anonymous) continue;
    try {
      volumes.remove(mount.name);
    } catch (error) {
      // Another container has it too, or it has gone: neither is in the way of the removal.
      if (!(error instanceof EngineError)) throw error;
      logger.warn(`volume ${mount.name} stays`, error);
    }
  }
}

/** What monitors have left of the container's runs and of its execs, whose rows go with the container's. */
function listRunFiles({ execs, paths }: ContainerParts, id: ContainerId): readonly string[] {
  const ids = [id, ...execs.idsOfContainer(id)];
  return ids.flatMap((one) => [paths.socket(one), paths.journal(one), paths.lock(one)]);
}
