import { z } from 'zod/mini';
import type { MountConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import { toMountConfig } from '../../model/mount-option.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseTmpfs, parseVolume } from '../../model/run-mounts.js';
import { goBoolean, goInteger, goObject, goSet, goText, goTextMap, goTexts } from './go-json.js';

const mount = goObject({
  Type: goText,
  Source: goText,
  Target: goText,
  ReadOnly: goBoolean,
  BindOptions: z.optional(
    goObject({
      Propagation: goText,
      NonRecursive: goBoolean,
      CreateMountpoint: goBoolean,
      ReadOnlyNonRecursive: goBoolean,
      ReadOnlyForceRecursive: goBoolean,
    }),
  ),
  VolumeOptions: z.optional(
    goObject({
      NoCopy: goBoolean,
      Labels: goTextMap,
      Subpath: goText,
      DriverConfig: z.optional(goObject({ Name: goText, Options: goTextMap })),
    }),
  ),
  TmpfsOptions: z.optional(
    goObject({ SizeBytes: goInteger, Mode: goInteger, Options: z.optional(z.array(z.array(z.string()))) }),
  ),
});

/** Docker Engine API 1.51: what of HostConfig is about mounts. */
export const mountFields = {
  Binds: goTexts,
  Tmpfs: goTextMap,
  Mounts: z.optional(z.array(mount)),
  VolumeDriver: goText,
};

const fields = goObject({ ...mountFields, Volumes: goSet });

/** `Binds`, the `Volumes` of Config, `Mounts` and `Tmpfs`, in this order. Throws invalid-argument. */
export function fromWireMounts(wire: z.output<typeof fields>): readonly MountConfig[] {
  const { Binds = [], Volumes = {}, Mounts = [], Tmpfs = {}, VolumeDriver = '' } = wire;
  const bound = Binds.map(parseBind);
  const isBound = new Set(bound.map(({ target }) => target));
  const own = Object.keys(Volumes)
    .map(parseBind)
    .filter(({ target }) => !isBound.has(target));
  return [
    ...[...bound, ...own].map((one) =>
      one.type === 'volume' && VolumeDriver ? { ...one, driver: VolumeDriver } : one,
    ),
    ...Mounts.map(toMount),
    ...Object.entries(Tmpfs).map(([path, options]) => parseTmpfs(`${path}:${options}`)),
  ];
}

/** A source that is no absolute path names a volume: the engine's own check says what is wrong with its name. */
function parseBind(text: string): MountConfig {
  const [source = ''] = text.split(':');
  const parsed = parseVolume(text, '/');
  return parsed.type === 'bind' && !source.startsWith('/') ? { type: 'volume', source, target: parsed.target } : parsed;
}

function toMount({ Type = '', Source, Target = '', ReadOnly, ...options }: z.output<typeof mount>): MountConfig {
  const { BindOptions: bind = {}, VolumeOptions: volume = {}, TmpfsOptions: tmpfs = {} } = options;
  if ((tmpfs.SizeBytes ?? 0) < 0 || (tmpfs.Mode ?? 0) < 0) {
    throw new EngineError('invalid-argument', 'invalid tmpfs options: neither size nor mode can be below 0');
  }
  const config = toMountConfig(
    omitUndefined({
      type: Type,
      source: Source,
      target: Target,
      readOnly: ReadOnly,
      propagation: bind.Propagation,
      nonRecursive: bind.NonRecursive,
      recursive: toRecursive(bind),
      noCopy: volume.NoCopy,
      subpath: volume.Subpath,
      driver: volume.DriverConfig?.Name,
      options: volume.DriverConfig?.Options,
      labels: volume.Labels,
      sizeBytes: tmpfs.SizeBytes || undefined,
      mode: tmpfs.Mode || undefined,
    }),
    (path) => path,
  );
  if (config.type === 'bind' && bind.CreateMountpoint === true) return { ...config, createSource: true };
  if (config.type === 'tmpfs' && tmpfs.Options !== undefined) {
    return { ...config, options: [...(config.options ?? []), ...tmpfs.Options.map((words) => words.join('='))] };
  }
  return config;
}

function toRecursive(bind: NonNullable<z.output<typeof mount>['BindOptions']>): string | undefined {
  if (bind.ReadOnlyNonRecursive === true) return 'writable';
  return bind.ReadOnlyForceRecursive === true ? 'readonly' : undefined;
}
