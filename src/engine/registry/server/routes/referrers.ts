import { OCI_INDEX } from '../../../../model/media-types.js';
import type { RegistryContext } from '../registry-context.js';
import { replyJson } from '../reply.js';
import type { Call, Route } from '../route.js';
import type { ManifestRow } from '../store/repositories.js';
import { cutPage, readPage } from './paging.js';
import { readDigest } from './read-reference.js';

/** distribution-spec, "Listing Referrers". */
export function createReferrerRoutes(context: RegistryContext): readonly Route[] {
  return [
    {
      name: 'referrers',
      path: /^\/v2\/(?<name>.+)\/referrers\/(?<reference>[^/]+)$/,
      methods: { GET: { action: 'pull', run: (call) => listReferrers(context, call) } },
    },
  ];
}

/** Never 404: a subject that is not there has no referrers. */
function listReferrers({ store: { repositories } }: RegistryContext, call: Call): void {
  const { response, repository, query } = call;
  const digest = readDigest(call.reference);
  const page = readPage(query);
  const artifactType = query.get('artifactType') ?? undefined;
  const filter = artifactType === undefined || artifactType === '' ? {} : { artifactType };
  const found = repositories.listReferrers(repository, digest, { ...page, ...filter, count: page.count + 1 });
  const words = filter.artifactType === undefined ? '' : `?artifactType=${encodeURIComponent(filter.artifactType)}`;
  const { rows, headers } = cutPage(`/v2/${repository}/referrers/${digest}${words}`, page, found, (row) => row.digest);
  replyJson(
    response,
    200,
    { schemaVersion: 2, mediaType: OCI_INDEX, manifests: rows.map(toDescriptor) },
    {
      'Content-Type': OCI_INDEX,
      ...headers,
      ...(filter.artifactType === undefined ? {} : { 'OCI-Filters-Applied': 'artifactType' }),
    },
  );
}

function toDescriptor({ mediaType, digest, sizeBytes, artifactType, annotations }: ManifestRow) {
  return {
    ...{ mediaType, digest, size: sizeBytes },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
  };
}
