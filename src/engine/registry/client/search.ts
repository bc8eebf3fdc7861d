import { EngineError } from '../../../model/errors.js';
import { parseJson, toList, toObject, toText } from '../../../model/json-values.js';
import type { FoundRepository } from '../../../model/registry.js';
import type { SearchOptions } from '../../engine.js';
import { expectStatus, type HostSession } from './host-session.js';
import type { HttpResponse } from './http-client.js';
import type { RegistryClient } from './registry-client.js';

/** The search of Docker Hub has a host of its own. */
const HUB_INDEX = 'index.docker.io';
const LIMIT_DEFAULT = 25;
const LIMIT_MAX = 100;
const CATALOG_MAX = 1_000;
const BODY_BYTES_MAX = 8 << 20;

/**
 * Searches Docker Hub, or for `host/term` that registry: by Docker's `/v1/search`, or where it has none among the names of its
 * catalog. Rejects: invalid-argument (the limit), unauthorized, unavailable.
 */
export async function searchRepositories(
  client: RegistryClient,
  term: string,
  { limit = LIMIT_DEFAULT, signal }: SearchOptions,
): Promise<readonly FoundRepository[]> {
  if (limit < 1 || limit > LIMIT_MAX) {
    throw new EngineError('invalid-argument', `limit ${limit} is outside the range of [1, ${LIMIT_MAX}]`);
  }
  const slash = term.indexOf('/');
  const first = slash < 0 ? '' : term.slice(0, slash);
  const isHost = /[.:]/.test(first) || first === 'localhost';
  const host = isHost ? first : HUB_INDEX;
  const words = isHost ? term.slice(slash + 1) : term;
  const { session, close } = await client.openHost(host);
  try {
    const query = new URLSearchParams({ q: words, n: String(limit) });
    const answer = await session.send({
      method: 'GET',
      target: `/v1/search?${query}`,
      scopes: [],
      ...(signal && { signal }),
    });
    const found =
      answer.status === 404 ? await searchCatalog(session, words, answer, signal) : await readResults(answer);
    return found.slice(0, limit).map((one) => (isHost ? { ...one, name: `${host}/${one.name}` } : one));
  } finally {
    await close();
  }
}

async function readResults(answer: HttpResponse): Promise<readonly FoundRepository[]> {
  await expectStatus(answer, 'GET', 200);
  const fields = toObject(parseJson(await answer.readSmall(BODY_BYTES_MAX), 'the answer of the search'));
  return toList(fields['results']).map((value) => {
    const { name, description, star_count: stars, is_official: isOfficial } = toObject(value);
    return {
      name: toText(name),
      description: toText(description),
      stars: typeof stars === 'number' ? stars : 0,
      isOfficial: isOfficial === true,
    };
  });
}

async function searchCatalog(
  session: HostSession,
  words: string,
  refused: HttpResponse,
  signal: AbortSignal | undefined,
): Promise<readonly FoundRepository[]> {
  refused.discard();
  const scopes = ['registry:catalog:*'];
  const target = `/v2/_catalog?n=${CATALOG_MAX}`;
  const answer = await expectStatus(
    await session.send({ method: 'GET', target, scopes, ...(signal && { signal }) }),
    'GET',
    200,
  );
  const fields = toObject(parseJson(await answer.readSmall(BODY_BYTES_MAX), 'the catalog'));
  const names = toList(fields['repositories']).map(toText);
  return names
    .filter((name) => name.includes(words))
    .map((name) => ({ name, description: '', stars: 0, isOfficial: false }));
}
