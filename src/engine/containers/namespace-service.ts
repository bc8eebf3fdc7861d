import { hasProcess } from '../../model/container-state.js';
import type { Namespace, ProcessSecurity } from '../../model/namespace.js';
import type { NamespaceService } from '../engine.js';
import { listNamespaces, readProcessSecurity } from '../isolation/namespaces.js';
import { toCgroupName } from './cgroup-name.js';
import type { ContainerParts } from './container-parts.js';
import { notRunning } from './kill.js';

type NamespaceParts = Pick<ContainerParts, 'store' | 'journal' | 'cgroups'>;

export function createNamespaceService(parts: NamespaceParts): NamespaceService {
  return {
    list: async () => listContainerNamespaces(parts),
    security: async (ref) => readSecurity(parts, ref),
  };
}

function listContainerNamespaces({ store, cgroups }: NamespaceParts): readonly Namespace[] {
  const running = store.list().filter(({ state }) => hasProcess(state));
  return listNamespaces(
    running.map((record) => ({ id: record.id, pids: cgroups.open(toCgroupName(record)).processes() })),
  );
}

function readSecurity({ store, journal }: NamespaceParts, ref: string): ProcessSecurity {
  const { id } = store.resolve(ref);
  const record = journal.catchUp(id) ?? store.resolve(ref);
  const security = hasProcess(record.state) ? readProcessSecurity(record.state.init) : undefined;
  if (security === undefined) throw notRunning('inspect', record);
  return security;
}
