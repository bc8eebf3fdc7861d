import type { Descriptor } from '../../../model/descriptor.js';
import { parseJson, toList, toObject, toText } from '../../../model/json-values.js';
import { type Manifest, parseManifest } from '../../../model/manifest.js';
import { OCI_INDEX } from '../../../model/media-types.js';
import { digestOf } from '../../content/digest.js';
import { toReferrersTag } from './list-referrers.js';
import type { RegistryTarget } from './target.js';

/**
 * Puts a manifest with a subject under its digest. Where the registry keeps no list of referrers it is added to the one at the tag that
 * stands for it. distribution-spec, "Pushing Manifests with Subject". Rejects as `putManifest`.
 */
export async function pushReferrer(target: RegistryTarget, bytes: Buffer, signal?: AbortSignal): Promise<void> {
  const manifest = parseManifest(bytes);
  const digest = digestOf(bytes);
  const { mediaType, subject } = manifest;
  const { hasSubject } = await target.putManifest({ reference: digest, bytes, digest, mediaType }, signal);
  if (hasSubject || subject === undefined) return;
  const tag = toReferrersTag(subject.digest);
  const known = await target.findManifest(tag, signal);
  const listed =
    known === undefined ? [] : toList(toObject(parseJson(known.bytes, 'the list of referrers'))['manifests']);
  if (listed.some((entry) => toObject(entry)['digest'] === digest)) return;
  const manifests = [...listed, describe(manifest, bytes)];
  const list = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
  await target.putManifest({ reference: tag, bytes: list, digest: digestOf(list), mediaType: OCI_INDEX }, signal);
}

/** Its kind is what it says, or else what its config is of. */
function describe(manifest: Manifest, bytes: Buffer): Descriptor {
  const { mediaType, annotations } = manifest;
  const artifactType = manifest.artifactType ?? (manifest.kind === 'image' ? toText(manifest.config.mediaType) : '');
  return {
    ...{ mediaType, digest: digestOf(bytes), size: bytes.length },
    ...(artifactType === '' ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
