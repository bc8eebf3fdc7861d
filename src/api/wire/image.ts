import type { HistoryEntry, Image } from '../../model/image.js';
import { toWireHealthcheck, type WireHealthcheck } from './container.js';
import { toWireTime, ZERO_TIME_SECONDS } from './time.js';

/** The answer of `GET /images/{name}/json`: Docker Engine API 1.51, ImageInspect. */
export interface WireImage {
  readonly Id: string;
  readonly RepoTags: readonly string[];
  readonly RepoDigests: readonly string[];
  readonly Parent: string;
  readonly Comment: string;
  readonly Created: string;
  readonly DockerVersion: string;
  readonly Author: string;
  readonly Architecture: string;
  readonly Variant?: string;
  readonly Os: string;
  readonly Size: number;
  readonly GraphDriver: { readonly Data: Readonly<Record<string, string>> | null; readonly Name: string };
  readonly RootFS: { readonly Type: string; readonly Layers: readonly string[] };
  readonly Metadata: { readonly LastTagTime: string };
  readonly Config: WireImageConfig;
}

export interface WireImageConfig {
  readonly User: string;
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Env: readonly string[];
  readonly Cmd: readonly string[] | null;
  readonly Healthcheck?: WireHealthcheck;
  readonly Volumes: Readonly<Record<string, object>> | null;
  readonly WorkingDir: string;
  readonly Entrypoint: readonly string[] | null;
  readonly OnBuild: null;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly StopSignal?: string;
}

/** `folders`: of its layers, top first; none where the storage driver does not stack them. */
export function toWireImage(image: Image, storageDriver: string, folders: readonly string[] = []): WireImage {
  return {
    Id: image.id,
    RepoTags: image.repoTags,
    RepoDigests: image.repoDigests,
    Parent: '',
    Comment: image.comment ?? '',
    Created: toWireTime(image.createdAtMs),
    DockerVersion: '',
    Author: image.author ?? '',
    Architecture: image.platform.architecture,
    ...(image.platform.variant === undefined ? {} : { Variant: image.platform.variant }),
    Os: image.platform.os,
    Size: image.sizeBytes,
    GraphDriver: { Data: toWireLayers(folders), Name: storageDriver },
    RootFS: { Type: 'layers', Layers: image.layers },
    Metadata: { LastTagTime: toWireTime(0) },
    Config: toWireImageConfig(image),
  };
}

/** No image is mounted by itself, so there is neither a `MergedDir` nor a `WorkDir`. */
function toWireLayers([top, ...lowers]: readonly string[]): WireImage['GraphDriver']['Data'] {
  if (top === undefined) return null;
  return { ...(lowers.length > 0 && { LowerDir: lowers.join(':') }), UpperDir: top };
}

function toWireImageConfig({ config }: Image): WireImageConfig {
  const toSet = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  return {
    User: config.user ?? '',
    ...(config.exposedPorts === undefined ? {} : { ExposedPorts: toSet(config.exposedPorts) }),
    Env: Object.entries(config.env ?? {}).map(([name, value]) => `${name}=${value}`),
    Cmd: config.command ?? null,
    ...toWireHealthcheck(config.healthcheck),
    Volumes: config.volumes === undefined ? null : toSet(config.volumes),
    WorkingDir: config.workingDir ?? '',
    Entrypoint: config.entrypoint ?? null,
    OnBuild: null,
    Labels: config.labels ?? null,
    ...(config.stopSignal === undefined ? {} : { StopSignal: config.stopSignal }),
  };
}

/** One row of `GET /images/{name}/history`; only the newest entry of an image has an id. */
export interface WireHistoryEntry {
  readonly Id: string;
  readonly Created: number;
  readonly CreatedBy: string;
  readonly Tags: readonly string[] | null;
  readonly Size: number;
  readonly Comment: string;
}

export function toWireHistory(image: Image, history: readonly HistoryEntry[]): readonly WireHistoryEntry[] {
  return history.map((entry, index) => ({
    Id: index === 0 ? image.id : '<missing>',
    Created: entry.createdAtMs === 0 ? ZERO_TIME_SECONDS : Math.floor(entry.createdAtMs / 1000),
    CreatedBy: entry.createdBy,
    Tags: index === 0 ? image.repoTags : null,
    Size: entry.sizeBytes,
    Comment: entry.comment ?? '',
  }));
}
