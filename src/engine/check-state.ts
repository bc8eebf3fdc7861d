import { join } from 'node:path';
import { EngineError, messageOf } from '../model/errors.js';
import type { CheckedCounts, CheckOptions, CheckRoom, CheckStep, Problem, Repair } from '../model/finding.js';
import type { ChainId, Digest } from '../model/ids.js';
import { checkContainers, listContainersOn } from './containers/check-containers.js';
import type { ContainerParts } from './containers/container-parts.js';
import { checkContent } from './content/check-content.js';
import { checkImages } from './images/check-images.js';
import type { ImageParts } from './images/image-parts.js';
import type { FindImageUsers } from './images/remove.js';
import { checkDatabase, readRows } from './state/check-database.js';
import { checkVolumes } from './volumes/check-volumes.js';

export interface CheckParts {
  readonly images: ImageParts;
  readonly containers: ContainerParts;
  readonly findUsers: FindImageUsers;
}

type Problems = Iterable<Problem> | AsyncIterable<Problem>;

/**
 * Checks every room, each by its own rules, from the lowest up: what is mended below is seen above. Other processes may work
 * meanwhile: what they hold is no finding, and what looks wrong is looked at again.
 */
export async function* checkState(parts: CheckParts, options: CheckOptions = {}): AsyncGenerator<CheckStep> {
  const counts: Record<keyof CheckedCounts, number> = { ...NOTHING };
  const damaged = new Set<Digest>();
  const outcomes: boolean[] = [];
  for (const [room, problems] of listRooms(parts, options, { counts, damaged })) {
    yield { kind: 'room', room };
    for await (const { finding, mend } of problems()) {
      refuseIfCancelled(options.signal);
      if (finding.kind === 'blob-damaged') damaged.add(finding.digest);
      const repair = options.repair === true ? await tryMend(mend) : undefined;
      outcomes.push(repair?.outcome === 'mended');
      yield { kind: 'finding', finding, ...(repair && { repair }) };
    }
  }
  const mended = outcomes.filter(Boolean).length;
  yield { kind: 'done', counts, left: outcomes.length - mended, mended };
}

const NOTHING: CheckedCounts = {
  rows: 0,
  blobs: 0,
  hashedBytes: 0,
  layers: 0,
  comparedLayers: 0,
  images: 0,
  containers: 0,
  volumes: 0,
};

interface Progress {
  readonly counts: Record<keyof CheckedCounts, number>;
  /** Blobs that have been found to be damaged. */
  readonly damaged: ReadonlySet<Digest>;
}

function listRooms(
  { images, containers, findUsers }: CheckParts,
  { quick: isQuick = false, signal }: CheckOptions,
  { counts, damaged }: Progress,
): readonly (readonly [CheckRoom, () => Problems])[] {
  const { database, content, leases, layers } = images;
  const { root } = containers.paths;
  const count = (what: keyof CheckedCounts, more: number): void => {
    counts[what] += more;
  };
  const onBlob = (readBytes: number): void => {
    count('blobs', 1);
    count('hashedBytes', readBytes);
  };
  const standing = (id: ChainId) => listContainersOn(containers, layers, id);
  return [
    [
      'database',
      function* () {
        yield* checkDatabase(database, isQuick);
        const events = readRows({ database, table: 'events', key: 'sequence', parse: (document) => document });
        count('rows', events.values.length);
        yield* events.problems;
      },
    ],
    [
      'content',
      () =>
        checkContent({ content, leases, folder: join(root, 'content'), isQuick, onBlob, ...(signal && { signal }) }),
    ],
    [
      'images',
      () =>
        checkImages({
          ...{ ...images, root, findUsers, isQuick, count },
          hasGood: (digest) => content.stat(digest) !== undefined && !damaged.has(digest),
          findRunningOn: (id) => standing(id).flatMap(({ name, isRunning }) => (isRunning ? [name] : [])),
          isContainerOn: (id) => standing(id).length > 0,
          ...(signal && { signal }),
        }),
    ],
    ['containers', () => checkContainers({ parts: containers, layers, count })],
    ['volumes', () => checkVolumes({ database, root, count, volumes: containers.volumes })],
  ];
}

function refuseIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new EngineError('cancelled', 'the check was cancelled');
}

async function tryMend(mend: Problem['mend']): Promise<Repair> {
  if (mend === undefined) return { outcome: 'left', reason: 'nothing here can mend it' };
  try {
    return { outcome: 'mended', action: await mend() };
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'cancelled') throw error;
    return { outcome: 'left', reason: messageOf(error) };
  }
}
