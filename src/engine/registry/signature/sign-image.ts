import type { KeyObject } from 'node:crypto';
import type { Descriptor } from '../../../model/descriptor.js';
import type { Digest } from '../../../model/ids.js';
import type { ImageReference } from '../../../model/image-reference.js';
import { parseManifest } from '../../../model/manifest.js';
import { OCI_CONFIG, OCI_MANIFEST } from '../../../model/media-types.js';
import { digestOf } from '../../content/digest.js';
import { pushReferrer as pushReferrerManifest } from '../client/push-referrer.js';
import type { RegistryClient, RegistrySource } from '../client/registry-client.js';
import { type FetchedManifest, findManifest } from '../client/repository.js';
import type { RegistryTarget } from '../client/target.js';
import { signPayload } from './keys.js';
import {
  formatPayload,
  PAYLOAD_TYPE,
  SIGNATURE_ANNOTATION,
  SIGNATURE_ARTIFACT,
  toSignatureTag,
} from './simple-signing.js';

/**
 * Signs what a reference means in its registry and puts the signature there: with the others at the tag that cosign looks at,
 * and as a referrer of the image. Returns the digest that was signed. Rejects as push does.
 */
export async function signImage(client: RegistryClient, reference: ImageReference, key: KeyObject): Promise<Digest> {
  const source = await client.openSource(reference);
  const target = await client.openTarget(reference);
  try {
    const image = await source.fetchManifest(reference.digest ?? reference.tag ?? 'latest');
    const payload = formatPayload(reference, image.digest);
    const layer = {
      ...(await pushBytes(target, payload, PAYLOAD_TYPE)),
      annotations: { [SIGNATURE_ANNOTATION]: signPayload(payload, key) },
    };
    const others = await readSignatures(source, image.digest);
    await pushTagged(target, image.digest, [...others, layer]);
    await pushReferrer(target, image, layer);
    return image.digest;
  } finally {
    await Promise.all([source.close(), target.close()]);
  }
}

/** Those that are there; none where nobody has signed. */
export async function readSignatures(source: RegistrySource, digest: Digest): Promise<readonly Descriptor[]> {
  const found = await findManifest(source, toSignatureTag(digest));
  if (found === undefined) return [];
  const manifest = parseManifest(found.bytes, found.contentType);
  return manifest.kind === 'image' ? manifest.layers : [];
}

async function pushTagged(target: RegistryTarget, digest: Digest, layers: readonly Descriptor[]): Promise<void> {
  const config = toJson({
    architecture: '',
    os: '',
    config: {},
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.digest) },
  });
  const manifest = { config: await pushBytes(target, config, OCI_CONFIG), layers };
  await pushManifest(target, manifest, toSignatureTag(digest));
}

/** Tools that copy an image with its referrers take the signature along. */
async function pushReferrer(target: RegistryTarget, image: FetchedManifest, layer: Descriptor): Promise<void> {
  const { mediaType } = parseManifest(image.bytes, image.contentType);
  const manifest = {
    artifactType: SIGNATURE_ARTIFACT,
    config: await pushBytes(target, toJson({}), SIGNATURE_ARTIFACT),
    layers: [layer],
    subject: { mediaType, digest: image.digest, size: image.bytes.length },
  };
  await pushReferrerManifest(target, toJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...manifest }));
}

async function pushManifest(target: RegistryTarget, fields: object, tag: string): Promise<void> {
  const bytes = toJson({ schemaVersion: 2, mediaType: OCI_MANIFEST, ...fields });
  const digest = digestOf(bytes);
  await target.putManifest({ reference: tag, bytes, digest, mediaType: OCI_MANIFEST });
}

async function pushBytes(target: RegistryTarget, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = digestOf(bytes);
  async function* read(): AsyncGenerator<Buffer> {
    yield await Promise.resolve(bytes);
  }
  if (!(await target.hasBlob(digest))) await target.uploadBlob({ digest, size: bytes.length, read });
  return { mediaType, digest, size: bytes.length };
}

function toJson(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
