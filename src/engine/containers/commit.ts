import type { Healthcheck } from '../../model/container-config.js';
import { hasProcess } from '../../model/container-state.js';
import type { Image } from '../../model/image.js';
import type { JsonObject } from '../../model/json-values.js';
import type { EntrySink } from '../../platform/tar/file-entry.js';
import type { StagedBlob } from '../content/content-store.js';
import type { CommitOptions } from '../engine.js';
import { commitImage } from '../images/commit-image.js';
import type { ImageParts } from '../images/image-parts.js';
import { toChangesWalk } from '../layers/layer-roots.js';
import { streamTar } from '../layers/stream-tar.js';
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
  const layer = await withPause(parts, record, options.pause !== false, () => packChanges(parts, record));
  try {
    const image = await commitImage(parts.images, {
      base: record.imageId,
      ...(layer === undefined ? {} : { layer }),
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
    layer?.discard();
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

/** The container's own changes as a layer's tar; undefined where there are none. */
async function packChanges(parts: CommitParts, record: ContainerRecord): Promise<StagedBlob | undefined> {
  const layer = parts.layers.writable.get(record.id);
  const writer = parts.images.content.stage();
  let hasChanges = false;
  try {
    const through = (sink: EntrySink) =>
      keepOwnChanges({
        ...sink,
        entry(entry) {
          hasChanges = true;
          sink.entry(entry);
        },
      });
    for await (const bytes of streamTar({ program: parts.program, ...toChangesWalk(layer), through }))
      writer.write(bytes);
    if (hasChanges) return writer.finish();
    writer.discard();
    return undefined;
  } catch (error) {
    writer.discard();
    throw error;
  }
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
