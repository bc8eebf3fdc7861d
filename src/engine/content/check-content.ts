import { createHash } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { Problem } from '../../model/finding.js';
import { type Digest, isDigest } from '../../model/ids.js';
import { removeSmall } from '../../platform/staging.js';
import type { ContentStore } from './content-store.js';
import type { Leases } from './leases.js';

export interface CheckContentOptions {
  readonly content: ContentStore;
  readonly leases: Leases;
  /** The store's folder. */
  readonly folder: string;
  /** Leave the content of the blobs unread. */
  readonly isQuick: boolean;
  readonly signal?: AbortSignal;
  /** Told of each blob that was looked at, and of how many of its bytes were read. */
  readonly onBlob: (readBytes: number) => void;
}

/** Every blob is what its name says, and nothing else is in the store. Who needs a blob is for the images to say. */
export async function* checkContent(options: CheckContentOptions): AsyncGenerator<Problem> {
  const { content, leases, folder, isQuick } = options;
  for (const path of content.abandoned()) yield { finding: { kind: 'left-over', path }, mend: () => remove(path) };
  const abandoned = leases.abandoned();
  const { digests } = abandoned;
  if (digests.length > 0) {
    const mend = () => {
      leases.forget(abandoned);
      return `let go of ${digests.length} digests`;
    };
    yield { finding: { kind: 'lease-abandoned', digests }, mend };
  }
  const blobs = join(folder, 'blobs', 'sha256');
  for (const name of readdirSync(blobs)) {
    const path = join(blobs, name);
    const digest = `sha256:${name}`;
    const status = lstatSync(path, { throwIfNoEntry: false });
    if (status === undefined) continue;
    if (!isDigest(digest) || !status.isFile()) {
      yield { finding: { kind: 'stray', path }, mend: () => remove(path) };
      continue;
    }
    const actual = isQuick ? digest : await hashBlob(options, digest);
    options.onBlob(isQuick ? 0 : status.size);
    if (actual === undefined || actual === digest) continue;
    const finding = { kind: 'blob-damaged', digest, actual } as const;
    yield { finding, mend: () => setAside(folder, path, name) };
  }
}

/** Undefined where it has been removed meanwhile. */
async function hashBlob({ content, signal }: CheckContentOptions, digest: Digest): Promise<Digest | undefined> {
  const hash = createHash('sha256');
  try {
    for await (const bytes of content.read(digest, { reuse: true })) {
      if (signal?.aborted === true) throw new EngineError('cancelled', 'the check was cancelled');
      hash.update(bytes);
    }
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
  return `sha256:${hash.digest('hex')}` as Digest;
}

/** Somebody may want to see what has become of it; nothing looks for blobs there. */
function setAside(folder: string, path: string, name: string): string {
  const damaged = join(folder, 'damaged');
  mkdirSync(damaged, { recursive: true, mode: 0o700 });
  renameSync(path, join(damaged, name));
  return `moved it to ${join(damaged, name)}`;
}

function remove(path: string): string {
  removeSmall(path);
  return `removed ${path}`;
}
