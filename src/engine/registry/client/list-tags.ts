import { EngineError } from '../../../model/errors.js';
import type { ImageReference } from '../../../model/image-reference.js';
import { parseJson, toList, toObject, toText } from '../../../model/json-values.js';
import type { RegistryOptions } from '../../engine.js';
import { expectStatus } from './host-session.js';
import { readNextPage } from './next-page.js';
import type { RegistryClient } from './registry-client.js';

const PAGES_MAX = 1_000;
const PAGE_BYTES_MAX = 8 << 20;

/** All tags, page by page as the registry gives them. distribution-spec, "Listing Tags" */
export async function listTags(
  client: RegistryClient,
  { domain, path }: ImageReference,
  { credentials, signal }: RegistryOptions,
): Promise<readonly string[]> {
  const { session, close } = await client.openHost(domain, credentials && { credentials });
  const tags = new Set<string>();
  try {
    let target: string | URL = `/v2/${path}/tags/list`;
    for (let page = 0; page < PAGES_MAX; page++) {
      const answer = await session.send({
        method: 'GET',
        target,
        scopes: [`repository:${path}:pull`],
        ...(signal && { signal }),
      });
      await expectStatus(answer, 'GET', 200);
      const fields = toObject(parseJson(await answer.readSmall(PAGE_BYTES_MAX), 'the list of tags'));
      // Some registries list what is no tag: nothing, or digests.
      for (const tag of toList(fields['tags']).map(toText)) if (/^\w[\w.-]{0,127}$/.test(tag)) tags.add(tag);
      const next = readNextPage(answer.header('link'), answer.url);
      if (next === undefined) return [...tags].sort();
      target = next;
    }
    throw new EngineError('invalid-argument', `the list of tags has more than ${PAGES_MAX} pages`);
  } finally {
    await close();
  }
}
