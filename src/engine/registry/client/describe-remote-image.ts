import type { Descriptor } from '../../../model/descriptor.js';
import { EngineError } from '../../../model/errors.js';
import type { Platform } from '../../../model/image.js';
import type { ImageReference } from '../../../model/image-reference.js';
import { parseJson, toObject, toText } from '../../../model/json-values.js';
import { type ImageManifest, parseManifest } from '../../../model/manifest.js';
import { isImageConfigType } from '../../../model/media-types.js';
import type { RemoteImage } from '../../../model/registry.js';
import { digestOf } from '../../content/digest.js';
import type { RegistryOptions } from '../../engine.js';
import type { RegistryClient, RegistrySource } from './registry-client.js';

const CONFIG_BYTES_MAX = 16 << 20;
/** Attestations stand in an index beside the images. */
const UNKNOWN = 'unknown';

/** What a registry has under a reference, without its layers. Rejects as a pull does. */
export async function describeRemoteImage(
  client: RegistryClient,
  { domain, path, tag, digest }: ImageReference,
  { credentials, signal }: RegistryOptions,
): Promise<RemoteImage> {
  const source = await client.openSource({ domain, path }, credentials);
  try {
    const found = await source.fetchManifest(digest ?? tag ?? 'latest', signal);
    const manifest = parseManifest(found.bytes, found.contentType);
    const descriptor = { mediaType: manifest.mediaType, digest: found.digest, size: found.bytes.length };
    if (manifest.kind === 'image') return { descriptor, platforms: await readPlatforms(source, manifest, signal) };
    return { descriptor, platforms: manifest.manifests.flatMap(toPlatform) };
  } finally {
    await source.close();
  }
}

function toPlatform({ platform }: Descriptor): readonly Platform[] {
  if (platform === undefined || platform.os === UNKNOWN) return [];
  const { os, architecture, variant } = platform;
  return [{ os, architecture, ...(variant === undefined ? {} : { variant }) }];
}

/** Of one image it stands in the config; what is no image has none. */
async function readPlatforms(
  source: RegistrySource,
  { config }: ImageManifest,
  signal: AbortSignal | undefined,
): Promise<readonly Platform[]> {
  if (!isImageConfigType(config.mediaType)) return [];
  const fields = toObject(parseJson(await readBlob(source, config, signal), 'the image config'));
  const [os, architecture, variant] = ['os', 'architecture', 'variant'].map((name) => toText(fields[name]));
  return os && architecture ? [{ os, architecture, ...(variant ? { variant } : {}) }] : [];
}

async function readBlob(source: RegistrySource, { digest, size }: Descriptor, signal?: AbortSignal): Promise<Buffer> {
  if (size > CONFIG_BYTES_MAX) {
    throw new EngineError('invalid-argument', `the image config is larger than ${CONFIG_BYTES_MAX} bytes`);
  }
  const blob = await source.openBlob(digest, 0, signal);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of blob.read()) {
    length += bytes.length;
    if (length > size) break;
    parts.push(bytes);
  }
  const bytes = Buffer.concat(parts);
  if (digestOf(bytes) === digest) return bytes;
  throw new EngineError('invalid-argument', `the image config is not what its digest says: ${digest}`);
}
