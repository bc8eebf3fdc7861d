import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Descriptor } from '../../model/descriptor.js';
import { EngineError } from '../../model/errors.js';
import type { DiffId, Digest } from '../../model/ids.js';
import { type ImageManifest, parseManifest } from '../../model/manifest.js';
import {
  isNonDistributable,
  OCI_CONFIG,
  OCI_LAYER_GZIP,
  OCI_LAYER_ZSTD,
  OCI_MANIFEST,
} from '../../model/media-types.js';
import type { StagedBlob } from '../content/content-store.js';
import { digestOf } from '../content/digest.js';
import type { Lease } from '../content/leases.js';
import { findCompression, readWhole } from '../content/small-content.js';
import type { ImageParts } from './image-parts.js';
import type { StoredImage } from './image-store.js';

/** An image as a registry gets it. */
export interface PushedImage {
  readonly manifest: { readonly bytes: Buffer; readonly digest: Digest; readonly mediaType: string };
  /** All that the manifest names and a registry keeps: the layers, and the config. */
  readonly blobs: readonly PushedBlob[];
  /** Deletes what was made for the push. */
  discard(): void;
}

export interface PushedBlob {
  readonly digest: Digest;
  readonly size: number;
  /** Of a layer. */
  readonly diffId?: DiffId;
  /** The bytes; the caller discards what was made for it. */
  open(): Promise<StagedBlob>;
}

/**
 * The manifest that the image came with or was pushed with before, and where its blobs are. Where there is none, one is made: plain
 * layers go compressed, and come out the same each time.
 */
export async function preparePush(parts: ImageParts, stored: StoredImage, lease: Lease): Promise<PushedImage> {
  for (const digest of [stored.image.id, ...stored.layerBlobs]) lease.hold(digest);
  return (await reuseManifest(parts, stored, lease)) ?? (await makeManifest(parts, stored));
}

async function reuseManifest(parts: ImageParts, stored: StoredImage, lease: Lease): Promise<PushedImage | undefined> {
  const { manifest } = stored;
  if (manifest === undefined) return undefined;
  lease.hold(manifest.digest);
  if (parts.content.stat(manifest.digest) === undefined) return undefined;
  const bytes = await readWhole(parts.content.read(manifest.digest));
  const parsed = parseManifest(bytes, manifest.mediaType);
  if (parsed.kind === 'index') return undefined;
  const sources = await Promise.all(parsed.layers.map((layer, index) => findSource(parts, stored, { layer, index })));
  if (sources.some((source) => source === undefined)) return undefined;
  return {
    manifest: { bytes, ...manifest },
    discard: () => undefined,
    blobs: listBlobs(parts, stored, parsed, sources),
  };
}

type Source = () => Promise<StagedBlob>;

/** A layer's blob, or the plain layer compressed anew if that gives the same again; undefined where neither does. */
async function findSource(
  parts: ImageParts,
  stored: StoredImage,
  { layer, index }: { readonly layer: Descriptor; readonly index: number },
): Promise<Source | undefined> {
  if (isNonDistributable(layer.mediaType) || parts.content.stat(layer.digest) !== undefined) {
    return () => Promise.resolve(parts.content.open(layer.digest));
  }
  const plain = stored.layerBlobs[index];
  if (plain === undefined || (await findCompression(parts.content, plain)) !== 'none') return undefined;
  return async () => {
    const packed = await packLayer(parts, plain);
    if (packed.digest === layer.digest) return packed;
    packed.discard();
    throw new EngineError(
      'internal',
      `the layer ${plain} does not compress to ${layer.digest} any more: tag the image anew`,
    );
  };
}

function listBlobs(
  parts: ImageParts,
  { image }: StoredImage,
  { config, layers }: ImageManifest,
  sources: readonly (Source | undefined)[],
): readonly PushedBlob[] {
  const seen = new Set<Digest>();
  const blobs: PushedBlob[] = [];
  for (const [index, { digest, size, mediaType }] of layers.entries()) {
    const [open, diffId] = [sources[index], image.layers[index]];
    if (open === undefined || seen.has(digest) || isNonDistributable(mediaType)) continue;
    seen.add(digest);
    blobs.push({ digest, size, open, ...(diffId && { diffId }) });
  }
  const { digest, size } = config;
  return [...blobs, { digest, size, open: () => Promise.resolve(parts.content.open(digest)) }];
}

async function makeManifest(parts: ImageParts, stored: StoredImage): Promise<PushedImage> {
  const { content } = parts;
  const made: StagedBlob[] = [];
  const discard = () => {
    for (const blob of made) blob.discard();
  };
  try {
    const layers: object[] = [];
    for (const plain of stored.layerBlobs) {
      const compression = await findCompression(content, plain);
      const blob = compression === 'none' ? await packLayer(parts, plain) : content.open(plain);
      made.push(blob);
      const mediaType = compression === 'zstd' ? OCI_LAYER_ZSTD : OCI_LAYER_GZIP;
      layers.push({ mediaType, digest: blob.digest, size: blob.sizeBytes });
    }
    const config = { mediaType: OCI_CONFIG, digest: stored.image.id, size: content.open(stored.image.id).sizeBytes };
    const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers }));
    const parsed = parseManifest(bytes);
    if (parsed.kind === 'index') throw new EngineError('internal', 'a manifest was made that is an index');
    // They go with the whole push.
    const sources = made.map((blob) => () => Promise.resolve({ ...blob, discard: () => undefined }));
    const manifest = { bytes, digest: digestOf(bytes), mediaType: OCI_MANIFEST };
    return { manifest, discard, blobs: listBlobs(parts, stored, parsed, sources) };
  } catch (error) {
    discard();
    throw error;
  }
}

/** gzip writes neither name nor time here: the same layer gives the same bytes. */
async function packLayer({ content }: ImageParts, digest: Digest): Promise<StagedBlob> {
  const writer = content.stage();
  try {
    await pipeline(content.read(digest), createGzip({ chunkSize: 1 << 18 }), async (packed: AsyncIterable<Buffer>) => {
      for await (const bytes of packed) writer.write(bytes);
    });
    return await writer.finish();
  } catch (error) {
    writer.discard();
    throw error;
  }
}
