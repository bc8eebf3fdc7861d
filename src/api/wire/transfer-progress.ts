import type { PullProgress, PushProgress } from '../../model/image.js';
import { formatDecimalBytes } from '../../model/units.js';

/** One line of a stream of progress: JSONMessage of moby pkg/jsonmessage, the same in Docker Engine API 1.24 to 1.51. */
export interface WireProgress {
  readonly status?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** The bar, drawn for clients that draw none. */
  readonly progress?: string;
  readonly id?: string;
  readonly stream?: string;
  readonly aux?: object;
  readonly errorDetail?: { readonly message: string };
  readonly error?: string;
}

/** Docker's words for the steps of a layer that comes in. */
export const PULL_STEPS = {
  pending: 'Pulling fs layer',
  waiting: 'Waiting',
  verifying: 'Verifying Checksum',
  downloaded: 'Download complete',
  exists: 'Already exists',
  complete: 'Pull complete',
} as const;
/** And of one that goes out. */
export const PUSH_STEPS = {
  preparing: 'Preparing',
  waiting: 'Waiting',
  exists: 'Layer already exists',
  pushed: 'Pushed',
} as const;
const COUNTS = { downloading: 'Downloading', extracting: 'Extracting', pushing: 'Pushing' } as const;
const BAR_WIDTH = 50;

/** A step of a pull; of its end only the digest, see `toWirePulled`. */
export function toWirePull(step: PullProgress): readonly WireProgress[] {
  switch (step.phase) {
    case 'resolving':
      return [{ status: `Pulling from ${step.repository}`, id: step.reference }];
    case 'downloading':
    case 'extracting':
      return [toWireCount(COUNTS[step.phase], step)];
    case 'retrying':
      return [toWireStep(`Retrying in ${formatSeconds(step.delayMs)}`, step.digest)];
    case 'output':
      return [{ status: step.text.trimEnd() }];
    case 'done':
      return step.digest === undefined ? [] : [{ status: `Digest: ${step.digest}` }];
    default:
      return [toWireStep(PULL_STEPS[step.phase], step.digest)];
  }
}

/** The last line of a pull. */
export function toWirePulled(name: string, isNew: boolean): WireProgress {
  return { status: `Status: ${isNew ? 'Downloaded newer image' : 'Image is up to date'} for ${name}` };
}

export function toWirePush(step: PushProgress): readonly WireProgress[] {
  switch (step.phase) {
    case 'resolving':
      return [{ status: `The push refers to repository [${step.repository}]` }];
    case 'pushing':
      return [toWireCount(COUNTS.pushing, step)];
    case 'mounted':
      return [toWireStep(`Mounted from ${step.from}`, step.digest)];
    case 'done':
      return [
        { status: `${step.tag}: digest: ${step.digest} size: ${step.sizeBytes}` },
        { progressDetail: {}, aux: { Tag: step.tag, Digest: step.digest, Size: step.sizeBytes } },
      ];
    default:
      return [toWireStep(PUSH_STEPS[step.phase], step.digest)];
  }
}

/** A step of a load; `isQuiet` leaves the names alone. */
export function toWireLoad(step: PullProgress, isQuiet: boolean): readonly WireProgress[] {
  if (step.phase === 'extracting') return isQuiet ? [] : [toWireCount('Loading layer', step)];
  if (step.phase !== 'done') return [];
  const lines = step.references.map((name) => ({ stream: `Loaded image: ${name}\n` }));
  return lines.length === 0 ? [{ stream: `Loaded image ID: ${step.imageId}\n` }] : lines;
}

/** What went wrong when the answer had begun already. */
export function toWireFailure(message: string): WireProgress {
  return { errorDetail: { message }, error: message };
}

function toWireStep(status: string, digest: string): WireProgress {
  return { status, progressDetail: {}, id: shorten(digest) };
}

interface Count {
  readonly digest: string;
  readonly doneBytes: number;
  readonly totalBytes?: number;
}

function toWireCount(status: string, { digest, doneBytes, totalBytes }: Count): WireProgress {
  const progressDetail = { current: doneBytes, ...(totalBytes === undefined ? {} : { total: totalBytes }) };
  return { status, progressDetail, progress: formatBar(doneBytes, totalBytes ?? 0), id: shorten(digest) };
}

/** As moby's jsonmessage draws it for a terminal that is wide enough. */
function formatBar(doneBytes: number, totalBytes: number): string {
  const done = formatDecimalBytes(doneBytes, 4).padStart(8);
  if (totalBytes <= 0) return done;
  const filled = Math.min(BAR_WIDTH, Math.floor((doneBytes / totalBytes) * BAR_WIDTH));
  const bar = `[${'='.repeat(filled)}>${' '.repeat(BAR_WIDTH - filled)}] ${done}`;
  return doneBytes > totalBytes ? bar : `${bar}/${formatDecimalBytes(totalBytes, 4)}`;
}

function formatSeconds(ms: number): string {
  const seconds = Math.max(1, Math.round(ms / 1000));
  return `${seconds} second${seconds === 1 ? '' : 's'}`;
}

function shorten(digest: string): string {
  return digest.replace(/^sha256:/, '').slice(0, 12);
}
