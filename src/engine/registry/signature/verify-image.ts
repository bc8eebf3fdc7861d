import type { KeyObject } from 'node:crypto';
import type { Descriptor } from '../../../model/descriptor.js';
import type { Digest } from '../../../model/ids.js';
import type { ImageReference } from '../../../model/image-reference.js';
import { digestOf } from '../../content/digest.js';
import type { RegistryClient, RegistrySource } from '../client/registry-client.js';
import { isSignedBy } from './keys.js';
import { readSignatures } from './sign-image.js';
import { PAYLOAD_TYPE, readPayloadDigest, SIGNATURE_ANNOTATION } from './simple-signing.js';

/** The payloads about what a reference means in its registry, as `findVerified`. Rejects: not-found too. */
export async function verifyImage(
  client: RegistryClient,
  reference: ImageReference,
  keys: readonly KeyObject[],
): Promise<readonly string[]> {
  const source = await client.openSource(reference);
  try {
    const { digest } = await source.fetchManifest(reference.digest ?? reference.tag ?? 'latest');
    return (await findVerified(source, digest, keys)).map(String);
  } finally {
    await source.close();
  }
}

const PAYLOAD_BYTES_MAX = 1 << 20;
const SIGNATURES_MAX = 100;

/**
 * The payloads about a manifest that one of the keys has signed; none where there is no such signature. What is broken or
 * about something else counts as no signature. Rejects: unavailable, unauthorized.
 */
export async function findVerified(
  source: RegistrySource,
  digest: Digest,
  keys: readonly KeyObject[],
): Promise<readonly Buffer[]> {
  const layers = await readSignatures(source, digest);
  const verified: Buffer[] = [];
  for (const layer of layers.slice(0, SIGNATURES_MAX)) {
    const signature = layer.annotations?.[SIGNATURE_ANNOTATION];
    if (layer.mediaType !== PAYLOAD_TYPE || signature === undefined || layer.size > PAYLOAD_BYTES_MAX) continue;
    const payload = await readBlob(source, layer);
    if (payload !== undefined && isAbout(payload, digest) && keys.some((key) => isSignedBy(payload, signature, key))) {
      verified.push(payload);
    }
  }
  return verified;
}

function isAbout(payload: Buffer, digest: Digest): boolean {
  try {
    return readPayloadDigest(payload) === digest;
  } catch {
    // No payload: no signature.
    return false;
  }
}

/** Undefined where it is not what its descriptor says. */
async function readBlob(source: RegistrySource, { digest, size }: Descriptor): Promise<Buffer | undefined> {
  const blob = await source.openBlob(digest, 0);
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of blob.read()) {
    length += bytes.length;
    if (length > size) break;
    parts.push(bytes);
  }
  blob.discard();
  const bytes = Buffer.concat(parts);
  return digestOf(bytes) === digest ? bytes : undefined;
}
