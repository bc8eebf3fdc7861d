import { setImmediate } from 'node:timers/promises';
import type { GarbageOptions, GarbageReport } from '../../../../model/registry-options.js';
import type { ContentDigest } from '../content-digest.js';
import type { RegistryStore } from './registry-store.js';

type Counts = { -readonly [K in keyof GarbageReport]: GarbageReport[K] };

/** Rows and files that go in one transaction: a server that waits for it does nothing else. */
const BATCH = 200;

/**
 * Removes what nothing names: uploads that stand still, manifests without a tag where that is asked for, blobs of
 * repositories in no manifest, and files of no repository. It runs beside pushes, in this process or another: what somebody
 * pushed, mounted or looked for less than `graceMs` ago stays, and so does all of a repository with an open upload.
 */
export async function collectGarbage(store: RegistryStore, options: GarbageOptions): Promise<GarbageReport> {
  const counts: Counts = { uploads: 0, manifests: 0, links: 0, blobs: 0, blobBytes: 0 };
  if (options.isDryRun) {
    countGarbage(store, options, counts);
    return counts;
  }
  for (const _ of sweep(store, options, counts)) await setImmediate();
  return counts;
}

class Rollback extends Error {}

/** Removes all rows and takes that back, so that what is told is what would go. */
function countGarbage(store: RegistryStore, options: GarbageOptions, counts: Counts): void {
  try {
    store.database.transaction(() => {
      // One transaction: it cannot wait in between.
      for (const _ of sweep(store, options, counts));
      throw new Rollback();
    });
  } catch (error) {
    if (!(error instanceof Rollback)) throw error;
  }
}

/** Yields wherever others may come in between. */
function* sweep(store: RegistryStore, options: GarbageOptions, counts: Counts): Generator<void> {
  const beforeMs = options.nowMs - options.graceMs;
  if (!options.isDryRun) counts.uploads = store.uploads.sweep(options.uploadIdleMs);
  if (options.withUntagged) {
    for (let gone = BATCH; gone > 0; counts.manifests += gone) {
      gone = store.database.run(UNTAGGED, beforeMs, BATCH);
      yield;
    }
  }
  for (let gone = BATCH; gone === BATCH; counts.links += gone) {
    gone = store.database.run(UNUSED_LINKS, beforeMs, BATCH);
    yield;
  }
  const strays = store.files.list().filter((digest) => isStray(store, digest));
  for (let at = 0; at < strays.length; at += BATCH) {
    removeFiles(store, options, { strays: strays.slice(at, at + BATCH), counts });
    yield;
  }
}

/** A child of an index, and what is about a manifest that is there, are in use. */
const UNTAGGED = `
  DELETE FROM manifests WHERE (repository, digest) IN (
    SELECT repository, digest FROM manifests AS m
    WHERE pushed_at_ms < ?
      AND NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.repository = m.repository AND t.digest = m.digest)
      AND NOT EXISTS (SELECT 1 FROM parts AS p WHERE p.repository = m.repository AND p.digest = m.digest)
      AND NOT EXISTS (SELECT 1 FROM manifests AS s WHERE s.repository = m.repository AND s.digest = m.subject)
      AND NOT EXISTS (SELECT 1 FROM uploads AS u WHERE u.repository = m.repository)
    LIMIT ?
  )`;

const UNUSED_LINKS = `
  DELETE FROM blobs WHERE (repository, digest) IN (
    SELECT repository, digest FROM blobs AS b
    WHERE used_at_ms < ?
      AND NOT EXISTS (SELECT 1 FROM parts AS p WHERE p.repository = b.repository AND p.digest = b.digest)
      AND NOT EXISTS (SELECT 1 FROM uploads AS u WHERE u.repository = b.repository)
    LIMIT ?
  )`;

function isStray({ database }: RegistryStore, digest: ContentDigest): boolean {
  const sql = 'SELECT 1 FROM blobs WHERE digest = ? UNION ALL SELECT 1 FROM manifests WHERE digest = ? LIMIT 1';
  return database.get(sql, digest, digest) === undefined;
}

interface Strays {
  readonly strays: readonly ContentDigest[];
  readonly counts: Counts;
}

/** In the transaction nobody else can give them a row: a push links its file and writes its row in one of its own. */
function removeFiles(store: RegistryStore, { isDryRun }: GarbageOptions, { strays, counts }: Strays): void {
  store.database.transaction(() => {
    for (const digest of strays.filter((one) => isStray(store, one))) {
      counts.blobs++;
      counts.blobBytes += store.files.size(digest) ?? 0;
      if (!isDryRun) store.files.remove(digest);
    }
  });
}
