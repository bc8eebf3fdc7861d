import { hasProcess } from '../../model/container-state.js';
import { isProcessAlive } from '../../platform/proc.js';
import { toLayerRoot } from '../layers/layer-roots.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { RootBind, RootSpec } from '../layers/root-spec.js';
import type { VolumeStore } from '../volumes/volume-store.js';
import type { ContainerRecord } from './container-record.js';
import type { ContainerStore } from './container-store.js';

/** What the verbs on a container's files work with. */
export interface FileParts {
  readonly store: Pick<ContainerStore, 'resolve' | 'tell'>;
  readonly layers: Pick<LayerStore, 'writable'>;
  readonly volumes: Pick<VolumeStore, 'sourceOf'>;
  /** Path of gantry-init. */
  readonly program: string;
}

/**
 * The files of a container as its processes see them: below the root of its first process while that lives, so that all
 * that is mounted there is seen; else its layers, with its volumes, mounted for the reader alone.
 */
export async function findContainerRoot(
  parts: FileParts,
  record: ContainerRecord,
  access: 'read' | 'write',
): Promise<RootSpec> {
  if (hasProcess(record.state) && isProcessAlive(record.state.init))
    return { kind: 'process', process: record.state.init };
  return toLayerRoot(parts.layers.writable.get(record.id), access, await listRootBinds(parts, record));
}

/** The container's layers without what is mounted on them. */
export function findLayersRoot(parts: FileParts, record: ContainerRecord): { root: RootSpec; oneMount: boolean } {
  if (hasProcess(record.state) && isProcessAlive(record.state.init)) {
    return { root: { kind: 'process', process: record.state.init }, oneMount: true };
  }
  return { root: toLayerRoot(parts.layers.writable.get(record.id), 'read'), oneMount: false };
}

async function listRootBinds({ volumes }: FileParts, { mounts }: ContainerRecord): Promise<readonly RootBind[]> {
  const binds: RootBind[] = [];
  for (const mount of mounts) {
    if (mount.type === 'tmpfs') continue;
    const { source, target, readOnly } = mount;
    if (mount.type === 'bind') binds.push({ source, target, readOnly });
    else {
      const found = await volumes.sourceOf(mount.name);
      const part = mount.subpath === undefined ? {} : { part: mount.subpath };
      binds.push({ source: found.source, ...part, target, readOnly: readOnly || found.readOnly === true });
    }
  }
  return binds;
}
