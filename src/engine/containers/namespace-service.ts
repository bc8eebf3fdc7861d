import type { ProcessIdentity } from '../../model/container.js';
import { hasProcess } from '../../model/container-state.js';
import type { Namespace, ProcessSecurity } from '../../model/namespace.js';
import { inBatches } from '../../platform/in-batches.js';
import type { NamespaceService } from '../engine.js';
import { collectNamespaces, readProcessSecurity } from '../isolation/namespaces.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import { notRunning } from './kill.js';

type NamespaceParts = Pick<ContainerParts, 'store' | 'journal' | 'cgroups'>;

export function createNamespaceService(parts: NamespaceParts): NamespaceService {
  return {
    list: () => listContainerNamespaces(parts),
    security: async (ref) => readSecurity(parts, ref),
    surroundings: async (ref) => {
      const { readSurroundings } = await import('../isolation/surroundings.js');
      return readOfProcess(parts, ref, readSurroundings);
    },
  };
}

async function listContainerNamespaces({ store, cgroups }: NamespaceParts): Promise<readonly Namespace[]> {
  const running = store.list().filter(({ state }) => hasProcess(state));
  const collection = collectNamespaces();
  for await (const record of inBatches(running)) {
    collection.add({ id: record.id, pids: cgroups.open(toCgroupName(record)).processes() });
  }
  return collection.list();
}

function readSecurity(parts: NamespaceParts, ref: string): ProcessSecurity {
  return readOfProcess(parts, ref, readProcessSecurity);
}

/** What `read` tells of the first process; it gives undefined where that has ended. */
function readOfProcess<T>(
  { store, journal }: NamespaceParts,
  ref: string,
  read: (process: ProcessIdentity) => T | undefined,
): T {
  const { id } = store.resolve(ref);
  const record = journal.catchUp(id) ?? store.resolve(ref);
  const value = hasProcess(record.state) ? read(record.state.init) : undefined;
  if (value === undefined) throw notRunning('inspect', record);
  return value;
}
