import { type Descriptor, parseDescriptor } from '../../../model/descriptor.js';
import { EngineError } from '../../../model/errors.js';
import type { Digest } from '../../../model/ids.js';
import { parseJson, toList, toObject } from '../../../model/json-values.js';
import { MANIFEST_BYTES_MAX } from '../../../model/manifest.js';
import { OCI_INDEX } from '../../../model/media-types.js';
import { expectStatus, type HostSession } from './host-session.js';
import { readNextPage } from './next-page.js';

const PAGES_MAX = 100;

interface Place {
  readonly session: HostSession;
  readonly path: string;
}

export async function listReferrers(
  place: Place,
  digest: Digest,
  signal?: AbortSignal,
): Promise<readonly Descriptor[]> {
  const listed = await readPages(place, `/v2/${place.path}/referrers/${digest}`, signal);
  return listed ?? (await readPages(place, `/v2/${place.path}/manifests/${toReferrersTag(digest)}`, signal)) ?? [];
}

/** Where a registry that has no list of its own keeps one. distribution-spec, "Referrers Tag Schema" */
export function toReferrersTag(digest: Digest): string {
  return digest.replace(':', '-');
}

/** Undefined where the registry has no such place. */
async function readPages(
  { session, path }: Place,
  first: string,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[] | undefined> {
  const found: Descriptor[] = [];
  let target: string | URL = first;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer = await session.send({
      method: 'GET',
      target,
      scopes: [`repository:${path}:pull`],
      headers: { accept: OCI_INDEX },
      ...(signal && { signal }),
    });
    if (page === 0 && [404, 405].includes(answer.status)) {
      answer.discard();
      return undefined;
    }
    await expectStatus(answer, 'GET', 200);
    const { manifests } = toObject(parseJson(await answer.readSmall(MANIFEST_BYTES_MAX), 'the list of referrers'));
    for (const entry of toList(manifests)) found.push(parseDescriptor(entry, 'a referrer'));
    const next = readNextPage(answer.header('link'), answer.url);
    if (next === undefined) return found;
    target = next;
  }
  throw new EngineError('invalid-argument', `the list of referrers has more than ${PAGES_MAX} pages`);
}
