import type { IncomingMessage } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { parse } from 'range-parser';
import type { ContentDigest } from '../content-digest.js';
import type { RegistryContext } from '../registry-context.js';
import { RegistryError } from '../registry-error.js';
import { replyEmpty } from '../reply.js';
import type { Call, Route } from '../route.js';
import { readDigest } from './read-reference.js';

/** distribution-spec, "Pulling blobs", "Deleting Blobs". */
export function createBlobRoutes(context: RegistryContext): readonly Route[] {
  return [
    {
      name: 'blob',
      path: /^\/v2\/(?<name>.+)\/blobs\/(?<reference>[^/]+)$/,
      methods: {
        GET: { action: 'pull', run: (call) => getBlob(context, call) },
        DELETE: { action: 'delete', run: (call) => deleteBlob(context, call) },
      },
    },
  ];
}

const READ_BYTES = 512 * 1024;

async function getBlob(context: RegistryContext, call: Call): Promise<void> {
  const { request, response, repository } = call;
  const { store } = context;
  const digest = readDigest(call.reference);
  const isHere = store.repositories.hasBlob(repository, digest) || context.pullThrough?.linkBlob(repository, digest);
  if (isHere !== true) return await passBlob(context, call, digest);
  store.repositories.touchBlob(repository, digest);
  const file = await store.files.open(digest);
  try {
    const { size } = await file.stat();
    const etag = `"${digest}"`;
    response.setHeader('Docker-Content-Digest', digest);
    response.setHeader('ETag', etag);
    response.setHeader('Accept-Ranges', 'bytes');
    // A digest's content never changes.
    response.setHeader('Cache-Control', 'private, max-age=31536000, immutable');
    if (request.headers['if-none-match'] === etag) return replyEmpty(response, 304);
    const range = readRange(request, size, etag);
    response.setHeader('Content-Type', 'application/octet-stream');
    response.setHeader('Content-Length', range === undefined ? size : range.end - range.start + 1);
    if (range !== undefined) response.setHeader('Content-Range', `bytes ${range.start}-${range.end}/${size}`);
    response.writeHead(range === undefined ? 200 : 206);
    if (request.method === 'HEAD' || size === 0) return void response.end();
    const stream = file.createReadStream({ ...range, highWaterMark: READ_BYTES, autoClose: false });
    await pipeline(stream, response);
  } finally {
    await file.close();
  }
}

/** What is not here may be in the registry behind this one: the client gets it while it is being kept. */
async function passBlob({ pullThrough }: RegistryContext, call: Call, digest: ContentDigest): Promise<void> {
  const { request, response, repository } = call;
  if (pullThrough === undefined) throw unknownBlob(repository, digest);
  const headers = { 'Docker-Content-Digest': digest, 'Content-Type': 'application/octet-stream' };
  if (request.method === 'HEAD') {
    const size = await pullThrough.sizeOf(repository, digest);
    if (size === undefined) throw unknownBlob(repository, digest);
    response.writeHead(200, { ...headers, 'Content-Length': size }).end();
    return;
  }
  const download = await pullThrough.bringBlob(repository, digest);
  if (download === undefined) throw unknownBlob(repository, digest);
  const { totalBytes } = download;
  response.writeHead(200, { ...headers, ...(totalBytes === undefined ? {} : { 'Content-Length': totalBytes }) });
  await pipeline(download.read(), response);
}

/**
 * The one range that is asked for; undefined for the whole. Several at once are answered with the whole, as RFC 9110, 14.2
 * lets a server do. Rejects: RegistryError 416.
 */
function readRange(request: IncomingMessage, size: number, etag: string): { start: number; end: number } | undefined {
  const { range, 'if-range': condition } = request.headers;
  if (range === undefined || size === 0 || (condition !== undefined && condition !== etag)) return undefined;
  const { code, type, ranges } = parse(size, range);
  if (type !== 'bytes') return undefined;
  const [first, ...more] = ranges;
  if (code === 0 && first !== undefined) {
    return more.length > 0 ? undefined : { start: first.start, end: first.end };
  }
  throw new RegistryError(416, 'SIZE_INVALID', `cannot read ${JSON.stringify(range)} of ${size} bytes`, {
    'Content-Range': `bytes */${size}`,
  });
}

/** A blob that a manifest of the repository is made of stays: what can be pulled is whole. */
function deleteBlob({ store }: RegistryContext, { response, repository, reference }: Call): void {
  const digest = readDigest(reference);
  store.database.transaction(() => {
    const [user] = store.repositories.findUsers(repository, digest);
    if (user !== undefined) {
      throw new RegistryError(405, 'UNSUPPORTED', `blob ${digest} is part of manifest ${user}: delete that first`, {
        Allow: 'GET, HEAD',
      });
    }
    if (!store.repositories.removeBlob(repository, digest)) throw unknownBlob(repository, digest);
  });
  replyEmpty(response, 202, { 'Docker-Content-Digest': digest });
}

function unknownBlob(repository: string, digest: ContentDigest): RegistryError {
  return new RegistryError(404, 'BLOB_UNKNOWN', `blob ${digest} is not known in ${repository}`);
}
