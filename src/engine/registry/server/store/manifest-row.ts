import type { ContentDigest } from '../content-digest.js';
import type { ManifestDocument } from '../manifest-document.js';
import type { ManifestRow } from './repositories.js';

/** What a list of referrers says of a manifest. distribution-spec, "Listing Referrers". */
export function toManifestRow(document: ManifestDocument, digest: ContentDigest, sizeBytes: number): ManifestRow {
  const own = document.artifactType === '' ? undefined : document.artifactType;
  const { mediaType, subject, annotations } = document;
  const artifactType = own ?? (document.kind === 'manifest' ? document.config.mediaType : undefined);
  return { digest, mediaType, sizeBytes, subject: subject?.digest, artifactType, annotations };
}
