import { hasProcess } from '../../model/container-state.js';
import { isProcessAlive } from '../../platform/proc.js';
import { toLayerRoot } from '../layers/layer-roots.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { RootBind, RootSpec } from '../layers/root-spec.js';
import type { ContainerRecord } from './container-record.js';
import type { ContainerStore } from './container-store.js';

/** What the verbs on a container's files work with. */
export interface FileParts {
  readonly store: Pick<ContainerStore, 'resolve' | 'tell'>;
  readonly layers: Pick<LayerStore, 'writable'>;
  /** Path of gantry-init. */
  readonly program: string;
}

/**
 * The files of a container as its processes see them: below the root of its first process while that lives, so that all
 * that is mounted there is seen; else its layers, with its volumes, mounted for the reader alone.
 */
export function findContainerRoot(parts: FileParts, record: ContainerRecord, access: 'read' | 'write'): RootSpec {
  if (hasProcess(record.state) && isProcessAlive(record.state.init))
    return { kind: 'process', process: record.state.init };
  return toLayerRoot(parts.layers.writable.get(record.id), access, toRootBinds(record));
}

/** The container's layers without what is mounted on them. */
export function findLayersRoot(parts: FileParts, record: ContainerRecord): { root: RootSpec; oneMount: boolean } {
  if (hasProcess(record.state) && isProcessAlive(record.state.init)) {
    return { root: { kind: 'process', process: record.state.init }, oneMount: true };
  }
  return { root: toLayerRoot(parts.layers.writable.get(record.id), 'read'), oneMount: false };
}

function toRootBinds({ mounts }: ContainerRecord): readonly RootBind[] {
  return mounts.flatMap((mount) =>
    mount.type === 'tmpfs' ? [] : [{ source: mount.source, target: mount.target, readOnly: mount.readOnly }],
  );
}
