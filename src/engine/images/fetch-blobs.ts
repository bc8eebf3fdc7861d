import type { Descriptor } from '../../model/descriptor.js';
import { EngineError } from '../../model/errors.js';
import type { Digest } from '../../model/ids.js';
import type { StagedBlob } from '../content/content-store.js';
import type { Lease } from '../content/leases.js';
import { readWhole } from '../content/small-content.js';
import { downloadBlob } from '../registry/client/download-blob.js';
import type { RegistrySource } from '../registry/client/registry-client.js';
import type { FetchedManifest } from '../registry/client/repository.js';
import type { ImageParts } from './image-parts.js';
import { createLimit } from './limit.js';
import type { Report } from './progress-stream.js';
import { removeUnusedContent } from './remove-unheld.js';

/** Brings the blobs of one image into the content store, each once, however many pulls want it. */
export interface BlobFetcher {
  readonly lease: Lease;
  fetchConfig(descriptor: Descriptor): Promise<Buffer>;
  /** Resolves when the blob is there and verified. A few come in at a time. */
  fetchLayer(descriptor: Descriptor): Promise<StagedBlob>;
  keepManifest(manifest: FetchedManifest): void;
  /** Removes what came in, unless another needs it; waits for what is still coming in. */
  undo(): Promise<void>;
  close(): void;
}

interface FetchOptions {
  readonly signal: AbortSignal;
  readonly report: Report;
}

const CONFIG_BYTES_MAX = 16 << 20;

export function startFetching(parts: ImageParts, source: RegistrySource, options: FetchOptions): BlobFetcher {
  const lease = parts.leases.open();
  const brought = new Set<Digest>();
  const stop = new AbortController();
  const fetch: Fetch = {
    parts,
    source,
    lease,
    brought,
    report: options.report,
    signal: AbortSignal.any([options.signal, stop.signal]),
  };
  const limit = createLimit(parts.registries.settings.maxDownloads);
  const layers = new Map<Digest, Promise<StagedBlob>>();
  return {
    lease,
    async fetchConfig(descriptor) {
      if (descriptor.size > CONFIG_BYTES_MAX) {
        throw new EngineError('invalid-argument', `the image config is larger than ${CONFIG_BYTES_MAX} bytes`);
      }
      lease.hold(descriptor.digest);
      await bring(fetch, descriptor, {});
      return await readWhole(parts.content.read(descriptor.digest));
    },
    fetchLayer(descriptor) {
      const { digest } = descriptor;
      const known = layers.get(digest);
      if (known !== undefined) return known;
      lease.hold(digest);
      const layer = fetchLayer(fetch, descriptor, limit);
      // The first that fails is the one that counts; nobody may be waiting for the others then.
      layer.catch(() => undefined);
      layers.set(digest, layer);
      return layer;
    },
    keepManifest({ bytes, digest }) {
      lease.hold(digest);
      if (parts.content.stat(digest) !== undefined) return;
      parts.content.put(bytes).keep({ digest });
      brought.add(digest);
    },
    async undo() {
      stop.abort();
      await Promise.allSettled(layers.values());
      removeUnusedContent(parts, brought, lease);
    },
    close: lease.release,
  };
}

interface Fetch {
  readonly parts: ImageParts;
  readonly source: RegistrySource;
  readonly lease: Lease;
  readonly brought: Set<Digest>;
  readonly report: Report;
  readonly signal: AbortSignal;
}

async function fetchLayer(
  fetch: Fetch,
  descriptor: Descriptor,
  limit: <T>(work: () => Promise<T>) => Promise<T>,
): Promise<StagedBlob> {
  const { parts, report } = fetch;
  const { digest, size: totalBytes } = descriptor;
  if (parts.content.stat(digest) === undefined) {
    report({ phase: 'pending', digest });
    await limit(() =>
      bring(fetch, descriptor, {
        onProgress: (doneBytes) => report({ phase: 'downloading', digest, doneBytes, totalBytes }),
        onVerify: () => report({ phase: 'verifying', digest }),
        onRetry: (delayMs) => report({ phase: 'retrying', digest, delayMs }),
      }),
    );
    report({ phase: 'downloaded', digest });
  }
  return parts.content.open(digest);
}

interface BringOptions {
  readonly onProgress?: (doneBytes: number) => void;
  readonly onVerify?: () => void;
  readonly onRetry?: (delayMs: number) => void;
}

/** Downloads a blob, unless another operation, here or in another process, is at it: then waits for that one. */
async function bring(fetch: Fetch, descriptor: Descriptor, options: BringOptions): Promise<void> {
  const { parts, source, lease, signal } = fetch;
  const { digest } = descriptor;
  await lease.claim(digest, signal);
  try {
    if (checkSize(parts.content.stat(digest)?.sizeBytes, descriptor)) return;
    const writer = parts.content.stage();
    try {
      const settings = parts.registries.settings;
      await downloadBlob((from) => source.openBlob(digest, from, signal), descriptor, writer, {
        settings,
        signal,
        ...options,
      });
    } catch (error) {
      writer.discard();
      throw error;
    }
    fetch.brought.add(digest);
  } finally {
    lease.settle(digest);
  }
}

function checkSize(actual: number | undefined, { digest, size }: Descriptor): boolean {
  if (actual === undefined) return false;
  if (actual === size) return true;
  throw new EngineError(
    'invalid-argument',
    `content of the wrong size: ${actual} instead of ${size} bytes for digest ${digest}`,
  );
}
