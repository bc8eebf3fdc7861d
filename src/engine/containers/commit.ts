import type { Healthcheck } from '../../model/container-config.js';
import { hasProcess } from '../../model/container-state.js';
import type { DiffId } from '../../model/ids.js';
import type { Image } from '../../model/image.js';
import type { JsonObject } from '../../model/json-values.js';
import type { StagedBlob } from '../content/content-store.js';
import type { CommitOptions } from '../engine.js';
import { type CommitImageOptions, commitImage } from '../images/commit-image.js';
import type { ImageParts } from '../images/image-parts.js';
import type { BegunLayer } from '../layers/begin-layer.js';
import { toChangesWalk } from '../layers/layer-roots.js';
import { packLayer } from '../layers/pack-layer.js';
import type { ContainerRecord } from './container-record.js';
import type { FileParts } from './container-root.js';
import { keepOwnChanges } from './own-changes.js';

export interface CommitParts extends FileParts {
  readonly images: ImageParts;
  /** As the verbs of the engine; a container that runs is paused while its files are read. */
  readonly pause: (ref: string) => Promise<void>;
  readonly unpause: (ref: string) => Promise<void>;
}

/** Makes an image of a container: its image's layers, its own changes, and how it was started. */
export async function commitContainer(parts: CommitParts, ref: string, options: CommitOptions): Promise<Image> {
  const record = parts.store.resolve(ref);
  const packing = await beginPacking(parts, record);
  try {
    const hasChanges = await withPause(parts, record, options.pause !== false, packing.read);
    const image = await commitImage(parts.images, {
      base: record.imageId,
      ...(hasChanges ? await packing.finish() : {}),
      config: toDockerConfig(record),
      createdBy: [record.process.path, ...record.process.args].join(' '),
      ...(options.changes === undefined ? {} : { changes: options.changes }),
      ...(options.reference === undefined ? {} : { reference: options.reference }),
      ...(options.author === undefined ? {} : { author: options.author }),
      ...(options.message === undefined ? {} : { comment: options.message }),
    });
    parts.store.tell(record, {
      action: 'commit',
      attributes: { comment: options.message ?? '', imageID: image.id, imageRef: image.repoTags[0] ?? '' },
    });
    return image;
  } finally {
    await packing.discard();
  }
}

async function withPause<T>(
  parts: CommitParts,
  record: ContainerRecord,
  wanted: boolean,
  work: () => Promise<T>,
): Promise<T> {
  if (!wanted || !hasProcess(record.state) || record.state.status === 'paused') return await work();
  await parts.pause(record.id);
  try {
    return await work();
  } finally {
    await parts.unpause(record.id);
  }
}

/** The container's own changes on their way to become a layer's tar, and the layer itself. */
interface Packing {
  /** Resolves with false where there are none. */
  readonly read: () => Promise<boolean>;
  finish(): Promise<Pick<CommitImageOptions, 'layer' | 'begun'>>;
  discard(): Promise<void>;
}

async function beginPacking(parts: CommitParts, record: ContainerRecord): Promise<Packing> {
  const own = parts.layers.writable.get(record.id);
  const { parent } = own;
  // Who walks the files and this process are two.
  const writer = parts.images.content.stage({ isDigestedHere: true });
  let layer: BegunLayer | undefined;
  let blob: StagedBlob | undefined;
  try {
    layer = await parts.images.layers.begin({ tar: writer.path, ...(parent && { parent }) });
  } catch (error) {
    writer.discard();
    throw error;
  }
  return {
    read: () =>
      packLayer({
        ...{ program: parts.program, ...toChangesWalk(own) },
        ...{ through: keepOwnChanges, write: writer.write, begun: layer },
      }),
    async finish() {
      const staged = writer.finish();
      // It is digested, and the disk writes it, while the layer is finished.
      staged.then((whole) => whole.flush()).catch(() => undefined);
      await layer?.finish(staged.then(({ digest }) => digest as string as DiffId));
      blob = await staged;
      return { layer: blob, ...(layer && { begun: layer }) };
    },
    async discard() {
      (blob ?? writer).discard();
      await layer?.discard();
    },
  };
}

/** What was asked for when the container was created, over the image's defaults. */
function toDockerConfig({ config, process }: ContainerRecord): JsonObject {
  return {
    Env: Object.entries(process.env).map(([name, value]) => `${name}=${value}`),
    User: process.user,
    ...(process.workingDir === '/' ? {} : { WorkingDir: process.workingDir }),
    StopSignal: process.stopSignal,
    Labels: config.labels ?? {},
    ...(config.command === undefined ? {} : { Cmd: config.command }),
    // An entrypoint of the user's takes the image's command away, as it does at the start.
    ...(config.entrypoint === undefined ? {} : { Entrypoint: config.entrypoint, Cmd: config.command ?? [] }),
    ...(config.healthcheck === undefined ? {} : { Healthcheck: toDockerHealthcheck(config.healthcheck) }),
  };
}

function toDockerHealthcheck(healthcheck: Healthcheck): JsonObject {
  const toNs = (ms: number | undefined) => (ms === undefined ? undefined : ms * 1e6);
  return {
    Test: healthcheck.test,
    Interval: toNs(healthcheck.intervalMs),
    Timeout: toNs(healthcheck.timeoutMs),
    StartPeriod: toNs(healthcheck.startPeriodMs),
    StartInterval: toNs(healthcheck.startIntervalMs),
    Retries: healthcheck.retries,
  };
}
