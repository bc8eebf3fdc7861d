import { EngineError } from '../../../../model/errors.js';
import { isNonDistributable, parseContentType } from '../../../../model/media-types.js';
import { algorithmOf, type ContentDigest, digestBytes, isContentDigest } from '../content-digest.js';
import { type Descriptor, listParts, type ManifestDocument, parseManifest } from '../manifest-document.js';
import type { RegistryContext } from '../registry-context.js';
import { RegistryError } from '../registry-error.js';
import { readBody, replyEmpty } from '../reply.js';
import type { Call } from '../route.js';
import { toManifestRow } from '../store/manifest-row.js';
import { readReference, readTag } from './read-reference.js';

/** Tags that one request may set beside its own. */
const TAGS_MAX = 100;

/**
 * `PUT /v2/NAME/manifests/REFERENCE`. The bytes are kept as they came. All that it is made of must be in the repository,
 * but for its subject and for layers that are fetched from elsewhere.
 */
export async function putManifest(context: RegistryContext, call: Call): Promise<void> {
  const { request, response, repository, reference, query } = call;
  const named = readReference(reference);
  const tags = readTags(named, query);
  const bytes = await readBody(request, response, context.maxManifestBytes);
  const digest = digestBytes(bytes, 'digest' in named ? algorithmOf(named.digest) : 'sha256');
  if ('digest' in named && named.digest !== digest) {
    throw new RegistryError(400, 'DIGEST_INVALID', `the manifest has digest ${digest} and not ${named.digest}`);
  }
  const document = readManifest(bytes, request.headers['content-type']);
  const row = toManifestRow(document, digest, bytes.length);
  await context.store.commitManifest(bytes, digest, () => {
    checkParts(context, repository, document);
    context.store.repositories.addManifest(
      ...([repository, row] as const),
      listParts(document).map((part) => part.digest),
    );
    for (const tag of tags) setTag(context, repository, { tag, digest });
  });
  replyEmpty(response, 201, {
    Location: `/v2/${repository}/manifests/${digest}`,
    'Docker-Content-Digest': digest,
    ...(document.subject === undefined ? {} : { 'OCI-Subject': document.subject.digest }),
    ...('digest' in named && tags.length > 0 ? { 'OCI-Tag': tags.join(', ') } : {}),
  });
}

/** The tag of the path, or those of the query where the path has a digest. */
function readTags(named: ReturnType<typeof readReference>, query: URLSearchParams): readonly string[] {
  if ('tag' in named) return [named.tag];
  const tags = [...new Set(query.getAll('tag').map(readTag))];
  if (tags.length > TAGS_MAX) throw new RegistryError(414, 'MANIFEST_INVALID', `more than ${TAGS_MAX} tags at once`);
  return tags;
}

function readManifest(bytes: Buffer, contentType: string | undefined): ManifestDocument {
  const type = parseContentType(contentType ?? '');
  try {
    return parseManifest(bytes, type === '' ? undefined : type);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new RegistryError(400, 'MANIFEST_INVALID', error.message);
  }
}

function checkParts(context: RegistryContext, repository: string, document: ManifestDocument): void {
  for (const part of listParts(document)) {
    if (!isPartThere(context, repository, { document, part })) {
      throw new RegistryError(400, 'MANIFEST_BLOB_UNKNOWN', `${part.digest} is not known in ${repository}`);
    }
    const { digest, size } = part;
    const found = isContentDigest(digest) ? context.store.files.size(digest) : undefined;
    if (found !== undefined && found !== size) {
      throw new RegistryError(400, 'MANIFEST_INVALID', `${digest} has ${found} bytes and not ${size}`);
    }
  }
}

function isPartThere(
  { store: { repositories } }: RegistryContext,
  repository: string,
  { document, part: { digest, mediaType, urls } }: { readonly document: ManifestDocument; readonly part: Descriptor },
): boolean {
  if (!isContentDigest(digest)) return false;
  if (document.kind === 'index') {
    return repositories.getManifest(repository, digest) !== undefined || repositories.hasBlob(repository, digest);
  }
  return repositories.hasBlob(repository, digest) || isNonDistributable(mediaType) || (urls ?? []).length > 0;
}

function setTag(
  { store: { repositories }, tagRules }: RegistryContext,
  repository: string,
  { tag, digest }: { readonly tag: string; readonly digest: ContentDigest },
): void {
  const before = repositories.findManifest(repository, tag);
  if (before !== undefined && before.digest !== digest && tagRules.isImmutable(repository, tag)) {
    throw new RegistryError(409, 'DENIED', `tag ${tag} of ${repository} is immutable: it is ${before.digest}`);
  }
  repositories.setTag(repository, tag, digest);
}
