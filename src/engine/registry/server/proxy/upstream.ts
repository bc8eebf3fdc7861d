import type { Digest } from '../../../../model/ids.js';
import type { FetchedManifest, OpenedBlob } from '../../client/repository.js';

/**
 * The registry behind a pull-through cache. Rejects with EngineError: not-found and unauthorized (there is no such thing, or
 * not for us), unavailable.
 */
export interface Upstream {
  fetchManifest(repository: string, reference: string): Promise<FetchedManifest>;
  /** What a tag means now; undefined where there is none. */
  findDigest(repository: string, tag: string): Promise<Digest | undefined>;
  openBlob(repository: string, digest: Digest): Promise<OpenedBlob>;
  close(): Promise<void>;
  /** A whole, verified file with the blob's bytes, where there is one on this host. */
  locate?(digest: Digest): string | undefined;
  /** All that it has, where it is small enough to say so. */
  listTags?(): readonly TagName[];
}

export interface TagName {
  readonly repository: string;
  readonly tag: string;
}
