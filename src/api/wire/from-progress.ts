import type { Digest } from '../../model/ids.js';
import type { PullProgress, PushProgress } from '../../model/image.js';
import { toNumber, toObject, toText } from '../../model/json-values.js';

/** One object of a progress stream: Docker Engine API 1.51, JSONMessage. */
interface Message {
  readonly status: string;
  readonly id: string;
  readonly current: number;
  readonly total: number;
}

function readMessage(value: unknown): Message {
  const wire = toObject(value);
  const detail = toObject(wire['progressDetail']);
  return {
    status: toText(wire['status']),
    id: toText(wire['id']),
    current: toNumber(detail['current']),
    total: toNumber(detail['total']),
  };
}

/** What a stream failed with, whose status was sent before. */
export function readFailure(value: unknown): string | undefined {
  const { errorDetail, error } = toObject(value);
  return toText(toObject(errorDetail)['message']) || toText(error) || undefined;
}

/** Docker tells the first twelve digits of a layer's digest: all that is shown of it. */
function toDigest(id: string): Digest {
  return `sha256:${id}` as Digest;
}

const PULL_WORDS: Readonly<Record<string, 'pending' | 'waiting' | 'verifying' | 'downloaded' | 'exists' | 'complete'>> =
  {
    'Pulling fs layer': 'pending',
    Waiting: 'waiting',
    'Verifying Checksum': 'verifying',
    'Download complete': 'downloaded',
    'Already exists': 'exists',
    'Pull complete': 'complete',
  };

/** A step of a pull; undefined for those that say only how it ended. */
export function fromWirePull(value: unknown): PullProgress | undefined {
  const { status, id, current, total } = readMessage(value);
  const from = /^Pulling from (.+)$/.exec(status);
  if (from !== null) return { phase: 'resolving', reference: id, repository: from[1] ?? '' };
  const digest = toDigest(id);
  const word = PULL_WORDS[status];
  if (word !== undefined) return { phase: word, digest };
  if (status === 'Downloading' || status === 'Extracting') {
    const phase = status === 'Downloading' ? 'downloading' : 'extracting';
    return { phase, digest, doneBytes: current, ...(total > 0 && { totalBytes: total }) };
  }
  const retry = /^Retrying in (\d+) seconds?/.exec(status);
  if (retry !== null) return { phase: 'retrying', digest, delayMs: Number(retry[1]) * 1000 };
  if (status === '' || /^(Digest|Status): /.test(status)) return undefined;
  return { phase: 'output', text: id === '' ? status : `${id}: ${status}` };
}

/** What the last lines of a pull say of it. */
export function readPullEnd(value: unknown): { readonly digest?: Digest; readonly isNew?: boolean } {
  const { status } = readMessage(value);
  const digest = /^Digest: (sha256:[0-9a-f]{64})$/.exec(status)?.[1];
  if (digest !== undefined) return { digest: digest as Digest };
  const end = /^Status: (Downloaded newer image|Image is up to date)/.exec(status);
  return end === null ? {} : { isNew: end[1] === 'Downloaded newer image' };
}

const PUSH_WORDS: Readonly<Record<string, 'preparing' | 'waiting' | 'exists' | 'pushed'>> = {
  Preparing: 'preparing',
  Waiting: 'waiting',
  'Layer already exists': 'exists',
  Pushed: 'pushed',
};

/** A step of a push; undefined for what has no word. */
export function fromWirePush(value: unknown): PushProgress | undefined {
  const { status, id, current, total } = readMessage(value);
  const to = /^The push refers to repository \[(.+)\]$/.exec(status);
  if (to !== null) return { phase: 'resolving', repository: to[1] ?? '' };
  const digest = toDigest(id);
  const word = PUSH_WORDS[status];
  if (word !== undefined) return { phase: word, digest };
  if (status === 'Pushing')
    return { phase: 'pushing', digest, doneBytes: current, totalBytes: Math.max(total, current) };
  const from = /^Mounted from (.+)$/.exec(status);
  if (from !== null) return { phase: 'mounted', digest, from: from[1] ?? '' };
  const end = /^(\S+): digest: (sha256:[0-9a-f]{64}) size: (\d+)$/.exec(status);
  if (end === null) return undefined;
  return { phase: 'done', tag: end[1] ?? '', digest: end[2] as Digest, sizeBytes: Number(end[3]) };
}

/** What a load says of an image that came in: its name, or its id where it has none. */
export function readLoaded(value: unknown): string | undefined {
  return /^Loaded image(?: ID)?: (\S+)/.exec(toText(toObject(value)['stream']))?.[1];
}
