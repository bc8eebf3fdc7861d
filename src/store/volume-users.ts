import type { Container } from '../model/container.js';
import type { ContainersState } from './containers-store.js';

/** A container that has a volume, and where. */
export interface VolumeUser {
  readonly container: Container;
  readonly target: string;
  readonly readOnly: boolean;
}

/** Those that have the volume, running or not: by their mounts where the engine tells them, else by what they asked for. */
export function findVolumeUsers({ byId }: Pick<ContainersState, 'byId'>, name: string): readonly VolumeUser[] {
  return [...byId.values()].flatMap((container) => {
    const asked = (container.config.mounts ?? []).flatMap((mount) =>
      mount.type === 'volume' && mount.source === name
        ? [{ container, target: mount.target, readOnly: mount.readOnly === true }]
        : [],
    );
    const made = container.mounts?.flatMap((mount) =>
      mount.type === 'volume' && mount.name === name
        ? [{ container, target: mount.target, readOnly: mount.readOnly }]
        : [],
    );
    return made ?? asked;
  });
}
