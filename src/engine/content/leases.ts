import { closeSync, futimesSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { type Digest, isDigest } from '../../model/ids.js';
import { createBell } from '../../platform/bell.js';
import type { Database } from '../../platform/database.js';
import { watchPath } from '../../platform/file-watch.js';
import { randomHex } from '../../platform/random.js';
import { isAlive, ownName } from '../../platform/staging.js';

/**
 * What operations that run now need of the content and the layers, before any image has it: nobody removes it meanwhile, and
 * one alone writes it. Rows in the state database, so that every process sees them; those of a process that has died do not count.
 */
export interface Leases {
  open(): Lease;
  /** True while a running operation needs it, one other than `besides`. Call it in the transaction that removes. */
  isHeld(digest: Digest, besides?: Lease): boolean;
  /** All that running operations need. */
  held(): ReadonlySet<Digest>;
  /** What operations needed whose process has died in the middle. */
  abandoned(): AbandonedLeases;
  /** Forgets those, once what they left is gone; not what has been left since. */
  forget(abandoned: AbandonedLeases): void;
}

export interface AbandonedLeases {
  readonly leases: readonly string[];
  readonly digests: readonly Digest[];
}

export interface Lease {
  readonly id: string;
  /** Needs it from here on. What was looked at before may be gone; what is looked at after stays. */
  hold(digest: Digest): void;
  /** Holds it and becomes the one that may write it; waits while another does. Rejects: cancelled. */
  claim(digest: Digest, signal?: AbortSignal): Promise<void>;
  /** Lets another write it; holds it still. */
  settle(digest: Digest): void;
  /** Needs nothing any more. */
  release(): void;
}

/** A process that dies tells nobody: those who wait for it look again after so long. */
const LOOK_AGAIN_MS = 1_000;

/** `path` is a file that is touched where something has become free; processes that wait watch it. */
export function openLeases(database: Database, path: string): Leases {
  const owner = ownName();
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  closeSync(openSync(path, 'a', 0o600));
  const tell = () => database.afterCommit(() => touch(path));
  const find = (digest: Digest) => {
    const rows = database.all('SELECT lease, owner, is_writer FROM content_leases WHERE digest = ?', digest);
    return rows.filter((row) => isAlive(String(row['owner'])));
  };
  const insert = (lease: string, digest: Digest, isWriter: boolean) =>
    database.run(
      'INSERT INTO content_leases (lease, digest, owner, is_writer) VALUES (?, ?, ?, ?) ON CONFLICT (lease, digest) DO UPDATE SET is_writer = excluded.is_writer',
      ...[lease, digest, owner, isWriter ? 1 : 0],
    );
  const tryClaim = (lease: string, digest: Digest): boolean =>
    database.transaction(() => {
      if (find(digest).some((row) => row['is_writer'] === 1 && row['lease'] !== lease)) return false;
      insert(lease, digest, true);
      return true;
    });
  return {
    isHeld: (digest, besides) => find(digest).some((row) => row['lease'] !== besides?.id),
    held: () => new Set(listLeases(database, true).digests),
    abandoned: () => listLeases(database, false),
    forget: ({ leases }) =>
      database.transaction(() => {
        for (const lease of leases) database.run('DELETE FROM content_leases WHERE lease = ?', lease);
      }),
    open() {
      const lease = randomHex(8);
      return {
        id: lease,
        hold: (digest) => void database.transaction(() => insert(lease, digest, false)),
        claim: async (digest, signal) => {
          if (!tryClaim(lease, digest)) await waitUntil(() => tryClaim(lease, digest), path, signal);
        },
        settle: (digest) =>
          database.transaction(() => {
            insert(lease, digest, false);
            tell();
          }),
        release: () =>
          database.transaction(() => {
            database.run('DELETE FROM content_leases WHERE lease = ?', lease);
            tell();
          }),
      };
    },
  };
}

function listLeases(database: Database, ofLiving: boolean): AbandonedLeases {
  const rows = database.all('SELECT lease, digest, owner FROM content_leases');
  const alive = new Map([...new Set(rows.map((row) => String(row['owner'])))].map((owner) => [owner, isAlive(owner)]));
  const chosen = rows.filter((row) => alive.get(String(row['owner'])) === ofLiving);
  return {
    leases: [...new Set(chosen.map((row) => String(row['lease'])))],
    digests: [...new Set(chosen.map((row) => String(row['digest'])).filter(isDigest))],
  };
}

async function waitUntil(isDone: () => boolean, path: string, signal: AbortSignal | undefined): Promise<void> {
  const bell = createBell(signal);
  const watch = watchPath(path, bell.ring);
  const timer = setInterval(bell.ring, LOOK_AGAIN_MS);
  try {
    while (!isDone()) {
      if (!(await bell.wait())) throw new EngineError('cancelled', 'waiting for another download was cancelled');
    }
  } finally {
    clearInterval(timer);
    watch.close();
    bell.close();
  }
}

/** A change of times is what inotify needs. */
function touch(path: string): void {
  const file = openSync(path, 'a', 0o600);
  try {
    const now = new Date();
    futimesSync(file, now, now);
  } finally {
    closeSync(file);
  }
}
