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
}
