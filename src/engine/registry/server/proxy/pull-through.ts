import { EngineError, messageOf } from '../../../../model/errors.js';
import { isDigest } from '../../../../model/ids.js';
import { errnoOf } from '../../../../platform/kernel-file.js';
import type { FetchedManifest } from '../../client/repository.js';
import { type ContentDigest, isContentDigest } from '../content-digest.js';
import { listParts, parseManifest } from '../manifest-document.js';
import { RegistryError } from '../registry-error.js';
import { toManifestRow } from '../store/manifest-row.js';
import type { RegistryStore } from '../store/registry-store.js';
import { type Download, startDownload } from './download.js';
import type { TagName, Upstream } from './upstream.js';

/** A cache in front of another registry: what is not here is fetched when somebody asks for it, once. */
export interface PullThrough {
  /** Makes the manifest that a tag or digest means be here, if upstream has it. Rejects: RegistryError 502. */
  bringManifest(
    repository: string,
    named: { readonly tag: string } | { readonly digest: ContentDigest },
  ): Promise<void>;
  /** Makes the names here be those of upstream, where that says what it has. */
  bringNames(): Promise<void>;
  /** True if the blob is in a file of this host, and is the repository's from now on. */
  linkBlob(repository: string, digest: ContentDigest): boolean;
  /** Undefined where upstream has none. Rejects: RegistryError 502. */
  bringBlob(repository: string, digest: ContentDigest): Promise<Download | undefined>;
  /** Its size, without fetching it; undefined where there is none. */
  sizeOf(repository: string, digest: ContentDigest): Promise<number | undefined>;
  /** Ends what is being fetched. */
  close(): Promise<void>;
}

export interface PullThroughOptions {
  readonly store: RegistryStore;
  readonly upstream: Upstream;
  /** How long a tag is believed without asking. */
  readonly tagMs: number;
  readonly nowMs: () => number;
  readonly warn: (message: string) => void;
}

export function createPullThrough(options: PullThroughOptions): PullThrough {
  const { store, upstream, tagMs, nowMs, warn } = options;
  const askedAtMs = new Map<string, number>();
  const downloads = new Map<string, Promise<Download | undefined>>();
  const manifests = new Map<string, Promise<void>>();

  const bringByDigest = async (repository: string, digest: ContentDigest) => {
    if (store.repositories.getManifest(repository, digest) !== undefined || !isDigest(digest)) return;
    const found = await orNothing(upstream.fetchManifest(repository, digest));
    if (found !== undefined) await keepManifest(store, repository, found);
  };
  const askForTag = async (repository: string, tag: string, here: ContentDigest | undefined) => {
    const digest = await orNothing(upstream.findDigest(repository, tag));
    if (here !== undefined && here === digest) return;
    const found = await orNothing(upstream.fetchManifest(repository, tag));
    if (found === undefined) store.repositories.removeTag(repository, tag);
    else await keepManifest(store, repository, found, tag);
  };
  const bringByTag = async (repository: string, tag: string) => {
    const key = `${repository}:${tag}`;
    const here = store.repositories.findManifest(repository, tag);
    if (here !== undefined && (askedAtMs.get(key) ?? Number.NEGATIVE_INFINITY) > nowMs() - tagMs) return;
    try {
      await askForTag(repository, tag, here?.digest);
      askedAtMs.set(key, nowMs());
    } catch (error) {
      if (here === undefined) throw error;
      warn(`${key} may be old: ${messageOf(error)}`);
    }
  };
  const begin = async (repository: string, digest: ContentDigest): Promise<Download | undefined> => {
    const blob = isDigest(digest) ? await orNothing(upstream.openBlob(repository, digest)) : undefined;
    return blob && startDownload(store, repository, digest, blob);
  };
  return {
    bringManifest(repository, named) {
      return once(manifests, `${repository} ${JSON.stringify(named)}`, () =>
        'tag' in named ? bringByTag(repository, named.tag) : bringByDigest(repository, named.digest),
      );
    },
    async bringNames() {
      const names = upstream.listTags?.() ?? [];
      for (const { repository, tag } of names) await bringByTag(repository, tag);
      if (upstream.listTags !== undefined) removeOthers(store, names);
    },
    linkBlob(repository, digest) {
      const path = isDigest(digest) ? upstream.locate?.(digest) : undefined;
      return path !== undefined && linkFile(store, path, { repository, digest });
    },
    async bringBlob(repository, digest) {
      const key = `${repository} ${digest}`;
      const running = downloads.get(key) ?? begin(repository, digest);
      downloads.set(key, running);
      const forget = () => void downloads.delete(key);
      running.then((download) => download?.done.finally(forget).catch(() => undefined) ?? forget(), forget);
      return await running;
    },
    async sizeOf(repository, digest) {
      const blob = isDigest(digest) ? await orNothing(upstream.openBlob(repository, digest)) : undefined;
      blob?.discard();
      return blob?.totalBytes;
    },
    async close() {
      for (const running of [...downloads.values()]) {
        const download = await running.catch(() => undefined);
        await download?.cancel();
        await download?.done.catch(() => undefined);
      }
      await upstream.close();
    },
  };
}

function removeOthers({ database, repositories }: RegistryStore, names: readonly TagName[]): void {
  const known = new Set(names.map(({ repository, tag }) => `${repository}:${tag}`));
  for (const row of database.all('SELECT repository, name FROM tags')) {
    const [repository, tag] = [String(row['repository']), String(row['name'])];
    if (!known.has(`${repository}:${tag}`)) repositories.removeTag(repository, tag);
  }
  database.run(UNTAGGED);
}

const UNTAGGED = `DELETE FROM manifests AS m WHERE NOT EXISTS
  (SELECT 1 FROM tags AS t WHERE t.repository = m.repository AND t.digest = m.digest)`;

interface Link {
  readonly repository: string;
  readonly digest: ContentDigest;
}

/** False where the file is on another file system: then the bytes are copied. */
function linkFile(
  { database, files, repositories }: RegistryStore,
  path: string,
  { repository, digest }: Link,
): boolean {
  try {
    database.transaction(() => {
      files.link(path, digest);
      repositories.addBlob(repository, digest);
    });
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EXDEV' || errnoOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** Those who ask for the same at the same time wait for one answer. */
function once(running: Map<string, Promise<void>>, key: string, start: () => Promise<void>): Promise<void> {
  const known = running.get(key);
  if (known !== undefined) return known;
  const work = start().finally(() => running.delete(key));
  running.set(key, work);
  return work;
}

/** Upstream does not have it, or not for us: Docker Hub does not tell these apart. */
async function orNothing<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    if (error.kind === 'not-found' || error.kind === 'unauthorized' || error.kind === 'permission-denied')
      return undefined;
    throw new RegistryError(502, 'UNKNOWN', `the registry behind this one: ${error.message}`);
  }
}

/** Its parts are not asked for: they come when somebody wants them. */
async function keepManifest(
  store: RegistryStore,
  repository: string,
  { bytes, digest, contentType }: FetchedManifest,
  tag?: string,
): Promise<void> {
  const known = digest;
  if (!isContentDigest(known)) return;
  const document = parseManifest(bytes, contentType === '' ? undefined : contentType);
  await store.commitManifest(bytes, known, () => {
    const parts = listParts(document).map((part) => part.digest);
    store.repositories.addManifest(repository, toManifestRow(document, known, bytes.length), parts);
    if (tag !== undefined) store.repositories.setTag(repository, tag, known);
  });
}
