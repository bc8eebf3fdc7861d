import type { Container } from '../../model/container.js';
import type { MountConfig } from '../../model/container-config.js';
import type { ContainerMount } from '../../model/container-mount.js';
import type { VolumeName } from '../../model/ids.js';
import { omitUndefined } from '../../model/omit-undefined.js';
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

/**
 * Mounts in Docker's words: those that the engine made where it tells them, the anonymous and the image's volumes with them, else
 * those that were asked for. `--tmpfs` is none of them in Docker, `--mount type=tmpfs` is.
 */
export function toWireMounts(
  { mounts, config }: Pick<Container, 'mounts' | 'config'>,
  volumes: readonly Volume[],
): readonly WireMount[] {
  const asked = config.mounts ?? [];
  const all = mounts ?? asked.map((mount) => toContainerMount(mount, volumes));
  const isHidden = ({ type, target }: ContainerMount): boolean =>
    type === 'tmpfs' && !asked.some((mount) => mount.target === target && mount.isMountOption === true);
  return all.filter((mount) => !isHidden(mount)).map(toWireMount);
}

function toContainerMount(mount: MountConfig, volumes: readonly Volume[]): ContainerMount {
  const { target, readOnly = false } = { readOnly: undefined, ...mount };
  switch (mount.type) {
    case 'bind':
      return { type: 'bind', source: mount.source, target, readOnly, propagation: mount.propagation ?? 'rprivate' };
    case 'volume': {
      const name = (mount.source ?? '') as VolumeName;
      const source = volumes.find((volume) => volume.name === name)?.mountpoint ?? '';
      return { type: 'volume', name, source, target, readOnly, anonymous: name === '' };
    }
    case 'tmpfs':
      return { type: 'tmpfs', target, readOnly: mount.options?.includes('ro') ?? false };
  }
}

function toWireMount(mount: ContainerMount): WireMount {
  const { target, readOnly } = mount;
  const mode = readOnly ? 'ro' : '';
  switch (mount.type) {
    case 'bind': {
      const { source, propagation } = mount;
      return { Type: 'bind', Source: source, Destination: target, Mode: mode, RW: !readOnly, Propagation: propagation };
    }
    case 'volume':
      return {
        Type: 'volume',
        Name: mount.name,
        Source: mount.source,
        Destination: target,
        Driver: 'local',
        Mode: readOnly || mount.anonymous ? mode : 'z',
        RW: !readOnly,
        Propagation: '',
      };
    case 'tmpfs':
      return { Type: 'tmpfs', Source: '', Destination: target, Mode: mode, RW: !readOnly, Propagation: '' };
  }
}

/** The texts of HostConfig.Binds: binds and named volumes as `-v` writes them. */
export function toWireBinds(mounts: readonly MountConfig[]): readonly string[] | null {
  const binds = mounts.flatMap((mount) => {
    if (mount.type === 'tmpfs' || mount.source === undefined || mount.isMountOption === true) {
      return [];
    }
    const propagation = mount.type === 'bind' ? mount.propagation : undefined;
    const noCopy = mount.type === 'volume' && mount.noCopy === true ? 'nocopy' : undefined;
    const modes = [mount.readOnly === true ? 'ro' : undefined, noCopy, propagation].filter(isGiven);
    return [[mount.source, mount.target, ...(modes.length === 0 ? [] : [modes.join(',')])].join(':')];
  });
  return binds.length === 0 ? null : binds;
}

/** HostConfig.Tmpfs: options by path. */
export function toWireTmpfs(mounts: readonly MountConfig[]): Readonly<Record<string, string>> | undefined {
  const entries = mounts.flatMap((mount) => {
    if (mount.type !== 'tmpfs' || mount.isMountOption === true) {
      return [];
    }
    const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
    const mode = mount.mode === undefined ? [] : [`mode=${mount.mode.toString(8)}`];
    return [[mount.target, [...(mount.options ?? []), ...size, ...mode].join(',')] as const];
  });
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

/** HostConfig.Mounts: what `--mount` asked for. */
export function toWireMountOptions(mounts: readonly MountConfig[]): readonly object[] | undefined {
  const wire = mounts.flatMap((mount) => (mount.isMountOption === true ? [toWireMountOption(mount)] : []));
  return wire.length === 0 ? undefined : wire;
}

function toWireMountOption(mount: MountConfig): object {
  const { type: Type, target: Target } = mount;
  const ReadOnly = mount.type !== 'tmpfs' && mount.readOnly === true ? true : undefined;
  switch (mount.type) {
    case 'bind': {
      const BindOptions = orUndefined({
        Propagation: mount.propagation,
        NonRecursive: mount.nonRecursive,
        ReadOnlyNonRecursive: mount.writableBelow,
      });
      return omitUndefined({ Type, Source: mount.source, Target, ReadOnly, BindOptions });
    }
    case 'volume': {
      const { noCopy, subpath, labels, driver, options } = mount;
      const DriverConfig = orUndefined({ Name: driver, Options: options });
      const VolumeOptions = orUndefined({ NoCopy: noCopy, Subpath: subpath, Labels: labels, DriverConfig });
      return omitUndefined({ Type, Source: mount.source, Target, ReadOnly, VolumeOptions });
    }
    case 'tmpfs': {
      const TmpfsOptions = orUndefined({ SizeBytes: mount.sizeBytes, Mode: mount.mode });
      return omitUndefined({ Type, Target, TmpfsOptions });
    }
  }
}

function isGiven(mode: string | undefined): mode is string {
  return mode !== undefined;
}

function orUndefined(options: object): object | undefined {
  const given = omitUndefined(options);
  return Object.keys(given).length === 0 ? undefined : given;
}
