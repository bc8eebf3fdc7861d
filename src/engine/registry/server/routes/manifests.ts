import { readFile } from 'node:fs/promises';
import type { ContentDigest } from '../content-digest.js';
import type { RegistryContext } from '../registry-context.js';
import { RegistryError } from '../registry-error.js';
import { replyBytes, replyEmpty } from '../reply.js';
import type { Call, Route } from '../route.js';
import type { ManifestRow } from '../store/repositories.js';
import { putManifest } from './put-manifest.js';
import { readReference } from './read-reference.js';

/** distribution-spec, "Pulling manifests", "Pushing Manifests", "Deleting tags", "Deleting Manifests". */
export function createManifestRoutes(context: RegistryContext): readonly Route[] {
  return [
    {
      name: 'manifest',
      path: /^\/v2\/(?<name>.+)\/manifests\/(?<reference>[^/]+)$/,
      methods: {
        GET: { action: 'pull', run: (call) => getManifest(context, call) },
        PUT: { action: 'push', run: (call) => putManifest(context, call) },
        DELETE: { action: 'delete', run: (call) => deleteManifest(context, call) },
      },
    },
  ];
}

async function getManifest(context: RegistryContext, call: Call): Promise<void> {
  const { request, response } = call;
  await context.pullThrough?.bringManifest(call.repository, readReference(call.reference));
  const { digest, mediaType } = findManifest(context, call);
  if (digest === call.reference) context.store.repositories.touchManifest(call.repository, digest);
  const etag = `"${digest}"`;
  const headers = { 'Docker-Content-Digest': digest, ETag: etag };
  if (request.headers['if-none-match'] === etag) return replyEmpty(response, 304, headers);
  const bytes = await readFile(context.store.files.path(digest));
  replyBytes(response, 200, bytes, { 'Content-Type': mediaType, ...headers });
}

function findManifest({ store: { repositories } }: RegistryContext, { repository, reference }: Call): ManifestRow {
  const named = readReference(reference);
  const found =
    'digest' in named
      ? repositories.getManifest(repository, named.digest)
      : repositories.findManifest(repository, named.tag);
  if (found !== undefined) return found;
  throw new RegistryError(404, 'MANIFEST_UNKNOWN', `manifest ${reference} is not known in ${repository}`);
}

function deleteManifest(context: RegistryContext, call: Call): void {
  const { response, repository, reference } = call;
  const named = readReference(reference);
  context.store.database.transaction(() => {
    const { digest } = findManifest(context, call);
    if ('tag' in named) removeTag(context, repository, named.tag);
    else removeByDigest(context, repository, digest);
  });
  replyEmpty(response, 202);
}

function removeTag({ store, tagRules }: RegistryContext, repository: string, tag: string): void {
  if (tagRules.isImmutable(repository, tag)) {
    throw new RegistryError(409, 'DENIED', `tag ${tag} of ${repository} is immutable: it cannot be deleted`);
  }
  store.repositories.removeTag(repository, tag);
}

function removeByDigest({ store, tagRules }: RegistryContext, repository: string, digest: ContentDigest): void {
  const kept = store.repositories.tagsOf(repository, digest).find((tag) => tagRules.isImmutable(repository, tag));
  if (kept !== undefined) {
    throw new RegistryError(409, 'DENIED', `manifest ${digest} has the immutable tag ${kept}: it cannot be deleted`);
  }
  store.repositories.removeManifest(repository, digest);
}
