import type { ImageService, RegistryOptions } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { Image, PullProgress, PushProgress } from '../../model/image.js';
import {
  DOCKER_HUB,
  formatFamiliarReference,
  type ImageReference,
  parseImageReference,
} from '../../model/image-reference.js';
import { formatPlatform } from '../../model/platform.js';
import type { GivenCredentials, RegistryCredentials } from '../../model/registry.js';
import { fromWirePull, fromWirePush, readFailure, readPullEnd } from '../wire/from-progress.js';
import type { ApiClient } from './api-client.js';
import { imagePath } from './image-path.js';
import { readBytes, readJsonLines } from './read-stream.js';
import { toStreamError } from './response-error.js';
import { splitReference } from './split-reference.js';

/** What this user has for a registry. */
export type FindCredentials = (domain: string) => Promise<RegistryCredentials | undefined>;

export interface TransferParts {
  readonly client: ApiClient;
  inspect(ref: string): Promise<Image>;
  readonly findCredentials: FindCredentials;
}

/** Pull and push: the endpoint speaks to the registry, with what this user has for it. */
export function createImageTransfers(parts: TransferParts): Pick<ImageService, 'pull' | 'push'> {
  return {
    pull: (ref, options) => pull(parts, ref, options),
    push: (ref, options) => push(parts, ref, options),
  };
}

async function* pull(parts: TransferParts, ref: string, options: RegistryOptions = {}): AsyncGenerator<PullProgress> {
  const reference = parseImageReference(ref);
  const { name: fromImage, tag } = splitReference(reference);
  const platform = options.platform && formatPlatform(options.platform);
  let end: ReturnType<typeof readPullEnd> = {};
  for await (const value of transfer(
    parts,
    reference,
    { path: '/images/create', query: { fromImage, tag, platform } },
    options,
  )) {
    end = { ...end, ...readPullEnd(value) };
    const step = fromWirePull(value);
    if (step !== undefined) yield step;
  }
  const { id } = await parts.inspect(ref);
  yield { phase: 'done', imageId: id, references: [formatFamiliarReference(reference)], ...end };
}

async function* push(parts: TransferParts, ref: string, options: RegistryOptions = {}): AsyncGenerator<PushProgress> {
  const reference = parseImageReference(ref);
  const { name, tag } = splitReference(reference);
  const path = imagePath(name, 'push');
  for await (const value of transfer(parts, reference, { path, query: { tag } }, options)) {
    const step = fromWirePush(value);
    if (step !== undefined) yield step;
  }
}

interface Transfer {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
}

/** The progress of a transfer. Rejects with what it failed with, which comes in the stream. */
async function* transfer(
  { client, findCredentials }: TransferParts,
  { domain }: ImageReference,
  { path, query }: Transfer,
  { credentials, signal }: RegistryOptions,
): AsyncGenerator<unknown> {
  const found = credentials ?? (await findCredentials(domain));
  const headers = { 'X-Registry-Auth': toAuthHeader(domain, found) };
  const answer = await client.send({ method: 'POST', path, query, headers, ...(signal && { signal }) });
  for await (const value of readJsonLines(readBytes(answer, signal))) {
    const failure = readFailure(value);
    if (failure !== undefined) throw toStreamError(failure);
    yield value;
  }
  if (signal?.aborted === true) throw new EngineError('cancelled', 'the transfer was cancelled');
}

/** Docker Hub's key, of a time when it had another interface. */
const HUB_KEY = 'https://index.docker.io/v1/';

/** AuthConfig in base64url; the empty one where there is nothing. */
function toAuthHeader(domain: string, credentials: GivenCredentials | undefined): string {
  const wire = toAuthConfig(domain === DOCKER_HUB ? HUB_KEY : domain, credentials);
  // Go's URLEncoding has its padding.
  return Buffer.from(JSON.stringify(wire)).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function toAuthConfig(serveraddress: string, credentials: GivenCredentials = 'none'): object {
  if (credentials === 'none') return {};
  return credentials.kind === 'password'
    ? { username: credentials.username, password: credentials.password, serveraddress }
    : { identitytoken: credentials.token, serveraddress };
}
