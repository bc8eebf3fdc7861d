import type { Engine, RegistryOptions } from '../../../engine/engine.js';
import { EngineError } from '../../../model/errors.js';
import type { PullProgress } from '../../../model/image.js';
import { formatFamiliarName, formatFamiliarReference, parseImageReference } from '../../../model/image-reference.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { parsePlatform } from '../../../model/platform.js';
import { toWireLoad, toWirePull, toWirePulled, toWirePush, type WireProgress } from '../../wire/transfer-progress.js';
import { readParam } from '../api-request.js';
import { compilePath } from '../find-route.js';
import { readPlatform, requirePlatform } from '../query-platform.js';
import { type AskedReference, readNewReference, readReference } from '../read-reference.js';
import { readBodyAuth, readRegistryAuth } from '../registry-auth.js';
import { openReplyStream } from '../reply.js';
import { replyProgress } from '../reply-progress.js';
import type { ApiCall, Route } from '../route.js';

/** How images come and go. A client that goes away ends what it has begun. */
export const IMAGE_TRANSFER_ROUTES: readonly Route[] = [
  { method: 'POST', path: compilePath('/images/create'), handle: create },
  { method: 'POST', path: compilePath('/images/load'), handle: load },
  { method: 'GET', path: compilePath('/images/get'), handle: (call) => save(call, call.request.query.all('names')) },
  {
    method: 'GET',
    path: compilePath('/images/{*name}/get'),
    handle: (call) => save(call, [readParam(call.request, 'name')]),
  },
  { method: 'POST', path: compilePath('/images/{*name}/push'), handle: push },
];

/** A pull with `fromImage`, an import of the body with `fromSrc=-`. */
async function create(call: ApiCall): Promise<void> {
  const { engine, request } = call;
  const { query, gone } = request;
  const name = query.text('fromImage');
  if (name === undefined) {
    await importBody(call);
    return;
  }
  const asked = readReference(name, query.text('tag'));
  const platform = query.text('platform');
  const options = omitUndefined({
    credentials: readRegistryAuth(request),
    platform: platform === undefined ? undefined : parsePlatform(platform),
    signal: gone,
  });
  await replyProgress(call, pull(engine, asked, options));
}

async function* pull(engine: Engine, asked: AskedReference, options: RegistryOptions): AsyncGenerator<WireProgress> {
  const names = asked.isBare
    ? (await engine.registries.tags(asked.text, options)).map((tag) => `${asked.text}:${tag}`)
    : [asked.text];
  let isNew = false;
  for (const name of names) {
    for await (const step of engine.images.pull(name, options)) {
      isNew ||= step.phase === 'done' && step.isNew === true;
      yield* toWirePull(step);
    }
  }
  const reference = parseImageReference(asked.text);
  yield toWirePulled(asked.isBare ? formatFamiliarName(reference) : formatFamiliarReference(reference), isNew);
}

async function importBody({ engine, request, response }: ApiCall): Promise<void> {
  const { query, body, gone } = request;
  const source = query.text('fromSrc');
  if (source === undefined) throw new EngineError('invalid-argument', 'either fromImage or fromSrc must be given');
  if (source !== '-') throw new EngineError('not-implemented', 'import from a URL is not implemented: send the tar');
  const [repo, platform] = [query.text('repo'), query.text('platform')];
  const options = omitUndefined({
    reference: repo === undefined ? undefined : readNewReference(repo, query.text('tag')),
    message: query.text('message') ?? 'Imported from -',
    changes: query.all('changes'),
    platform: platform === undefined ? undefined : parsePlatform(platform),
    signal: gone,
  });
  const { id } = await engine.images.import(body, options);
  const stream = openReplyStream(response, 'application/json');
  await stream.write(`${JSON.stringify({ status: id })}\r\n`);
  stream.end();
}

async function load(call: ApiCall): Promise<void> {
  const { engine, request } = call;
  // Docker's default, which its client always says.
  const isQuiet = request.query.text('quiet') === undefined || request.query.isOn('quiet');
  readPlatform(request.query);
  await replyProgress(call, toLoadLines(engine.images.load(request.body, { signal: request.gone }), isQuiet));
}

async function* toLoadLines(steps: AsyncIterable<PullProgress>, isQuiet: boolean): AsyncGenerator<WireProgress> {
  for await (const step of steps) yield* toWireLoad(step, isQuiet);
}

async function save({ engine, request, response }: ApiCall, names: readonly string[]): Promise<void> {
  if (names.length === 0) throw new EngineError('invalid-argument', 'no image is named: names is missing');
  const platform = readPlatform(request.query);
  for (const name of names) requirePlatform(await engine.images.inspect(name), name, platform);
  const tar = await engine.images.save(names, { signal: request.gone });
  const stream = openReplyStream(response, 'application/x-tar');
  for await (const bytes of tar) await stream.write(bytes);
  stream.end();
}

async function push(call: ApiCall): Promise<void> {
  const { engine, request } = call;
  const asked = readReference(readParam(request, 'name'), request.query.text('tag'));
  const credentials =
    request.headers['x-registry-auth'] === undefined ? await readBodyAuth(request) : readRegistryAuth(request);
  const options = omitUndefined({ credentials, platform: readPlatform(request.query), signal: request.gone });
  await replyProgress(call, pushAll(engine, asked, options));
}

async function* pushAll(engine: Engine, asked: AskedReference, options: RegistryOptions): AsyncGenerator<WireProgress> {
  const names = asked.isBare ? await listTags(engine, asked.text) : [asked.text];
  for (const name of names) {
    for await (const step of engine.images.push(name, options)) yield* toWirePush(step);
  }
}

/** Every tag that a repository has here. */
async function listTags(engine: Engine, name: string): Promise<readonly string[]> {
  const wanted = formatFamiliarName(parseImageReference(name));
  const tags = (await engine.images.list())
    .flatMap(({ repoTags }) => repoTags)
    .filter((tag) => formatFamiliarName(parseImageReference(tag)) === wanted);
  if (tags.length > 0) return tags.sort();
  throw new EngineError('not-found', `An image does not exist locally with the tag: ${wanted}`);
}
