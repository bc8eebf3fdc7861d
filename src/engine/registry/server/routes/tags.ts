import type { RegistryContext } from '../registry-context.js';
import { RegistryError } from '../registry-error.js';
import { replyJson } from '../reply.js';
import type { Call, Route } from '../route.js';
import { cutPage, PAGE_MAX, readPage } from './paging.js';

/** distribution-spec, "Listing Tags"; and Docker's list of repositories, which the spec leaves to registries. */
export function createListRoutes(context: RegistryContext): readonly Route[] {
  return [
    {
      name: 'tags',
      path: /^\/v2\/(?<name>.+)\/tags\/list$/,
      methods: { GET: { action: 'pull', run: (call) => listTags(context, call) } },
    },
    {
      name: 'catalog',
      path: /^\/v2\/_catalog$/,
      methods: { GET: { action: 'know', run: (call) => listRepositories(context, call) } },
    },
  ];
}

async function listTags(
  { store: { repositories }, pullThrough }: RegistryContext,
  { response, repository, query }: Call,
): Promise<void> {
  await pullThrough?.bringNames();
  const page = readPage(query);
  const found = page.count === 0 ? [] : repositories.listTags(repository, { ...page, count: page.count + 1 });
  if (found.length === 0 && !repositories.exists(repository)) {
    throw new RegistryError(404, 'NAME_UNKNOWN', `repository ${repository} is not known to this registry`);
  }
  const { rows, headers } = cutPage(`/v2/${repository}/tags/list`, page, found, (tag) => tag);
  replyJson(response, 200, { name: repository, tags: rows }, headers);
}

/** Those that whoever asks may pull from. */
async function listRepositories(
  { store: { repositories }, pullThrough }: RegistryContext,
  { response, query, may }: Call,
): Promise<void> {
  await pullThrough?.bringNames();
  const page = readPage(query);
  const found: string[] = [];
  let last = page.last;
  while (page.count > 0 && found.length <= page.count) {
    const names = repositories.list({ count: PAGE_MAX, last });
    found.push(...names.filter((name) => may('pull', name)));
    last = names.at(-1);
    if (names.length < PAGE_MAX) break;
  }
  const { rows, headers } = cutPage('/v2/_catalog', page, found, (name) => name);
  replyJson(response, 200, { repositories: rows }, headers);
}
