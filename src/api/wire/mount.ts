import type { MountConfig } from '../../model/container-config.js';
import type { Volume } from '../../model/volume.js';

/** Docker Engine API 1.51, MountPoint. */
export interface WireMount {
  readonly Type: string;
  readonly Name?: string;
  readonly Source: string;
  readonly Destination: string;
  readonly Driver?: string;
  readonly Mode: string;
  readonly RW: boolean;
  readonly Propagation: string;
}

/** Mounts in Docker's words; `volumes` says where named volumes are on the host. */
export function toWireMounts(mounts: readonly MountConfig[], volumes: readonly Volume[]): readonly WireMount[] {
  return mounts.map((mount) => toWireMount(mount, volumes));
}

function toWireMount(mount: MountConfig, volumes: readonly Volume[]): WireMount {
  switch (mount.type) {
    case 'bind':
      return {
        Type: 'bind',
        Source: mount.source,
        Destination: mount.target,
        Mode: mount.readOnly === true ? 'ro' : '',
        RW: mount.readOnly !== true,
        Propagation: mount.propagation ?? 'rprivate',
      };
    case 'volume':
      return {
        Type: 'volume',
        Name: mount.source ?? '',
        Source: volumes.find(({ name }) => name === mount.source)?.mountpoint ?? '',
        Destination: mount.target,
        Driver: 'local',
        Mode: mount.readOnly === true ? 'ro' : 'z',
        RW: mount.readOnly !== true,
        Propagation: '',
      };
    case 'tmpfs':
      return {
        Type: 'tmpfs',
        Source: '',
        Destination: mount.target,
        Mode: (mount.options ?? []).join(','),
        RW: mount.options?.includes('ro') !== true,
        Propagation: '',
      };
  }
}

/** The texts of HostConfig.Binds: binds and named volumes as `-v` writes them. */
export function toWireBinds(mounts: readonly MountConfig[]): readonly string[] | null {
  const binds = mounts.flatMap((mount) => {
    if (mount.type === 'tmpfs' || mount.source === undefined) {
      return [];
    }
    const propagation = mount.type === 'bind' ? mount.propagation : undefined;
    const modes = [mount.readOnly === true ? 'ro' : undefined, propagation].filter((mode) => mode !== undefined);
    return [[mount.source, mount.target, ...(modes.length === 0 ? [] : [modes.join(',')])].join(':')];
  });
  return binds.length === 0 ? null : binds;
}

/** HostConfig.Tmpfs: options by path. */
export function toWireTmpfs(mounts: readonly MountConfig[]): Readonly<Record<string, string>> | undefined {
  const entries = mounts.flatMap((mount) => {
    if (mount.type !== 'tmpfs') {
      return [];
    }
    const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
    const mode = mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`];
    return [[mount.target, [...(mount.options ?? []), ...size, ...mode].join(',')] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
