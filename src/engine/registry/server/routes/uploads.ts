import type { IncomingMessage } from 'node:http';
import { errnoOf } from '../../../../platform/kernel-file.js';
import { algorithmOf, type ContentDigest, type DigestAlgorithm, isDigestAlgorithm } from '../content-digest.js';
import type { RegistryContext } from '../registry-context.js';
import { RegistryError } from '../registry-error.js';
import { openBody, replyEmpty } from '../reply.js';
import type { Call, Route } from '../route.js';
import { type Upload, uploadHeaders } from '../store/upload.js';
import { readDigest } from './read-reference.js';

/** distribution-spec, "Pushing blobs", "Cancel a blob upload", "Mounting a blob from another repository". */
export function createUploadRoutes(context: RegistryContext): readonly Route[] {
  return [
    {
      name: 'uploads',
      path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/?$/,
      methods: { POST: { action: 'push', run: (call) => startUpload(context, call) } },
    },
    {
      name: 'upload',
      path: /^\/v2\/(?<name>.+)\/blobs\/uploads\/(?<reference>[^/]+)$/,
      methods: {
        GET: { action: 'push', run: (call) => showUpload(context, call) },
        PATCH: { action: 'push', run: (call) => addChunk(context, call) },
        PUT: { action: 'push', run: (call) => finishUpload(context, call) },
        DELETE: { action: 'push', run: (call) => cancelUpload(context, call) },
      },
    },
  ];
}

async function startUpload(context: RegistryContext, call: Call): Promise<void> {
  const { response, repository, query } = call;
  const mount = query.get('mount');
  if (mount !== null && mountBlob(context, call, readDigest(mount))) return replyBlob(call, readDigest(mount));
  const digest = query.get('digest');
  if (digest !== null) return await uploadAtOnce(context, call, readDigest(digest));
  const upload = context.store.uploads.start(repository, readAlgorithm(query.get('digest-algorithm') ?? 'sha256'));
  replyEmpty(response, 202, uploadHeaders(upload));
}

function readAlgorithm(text: string): DigestAlgorithm {
  if (isDigestAlgorithm(text)) return text;
  throw new RegistryError(
    400,
    'DIGEST_INVALID',
    `unknown digest algorithm ${JSON.stringify(text)}: use sha256 or sha512`,
  );
}

/** From the repository that is named, or from any, if whoever asks may pull there. */
function mountBlob({ store }: RegistryContext, { repository, query, may }: Call, digest: ContentDigest): boolean {
  const from = query.get('from');
  return store.database.transaction(() => {
    const sources = store.repositories.findBlob(digest).filter((name) => from === null || name === from);
    if (!sources.some((name) => may('pull', name))) return false;
    store.repositories.addBlob(repository, digest);
    return true;
  });
}

async function uploadAtOnce(context: RegistryContext, call: Call, digest: ContentDigest): Promise<void> {
  const { store } = context;
  const upload = store.uploads.start(call.repository, algorithmOf(digest));
  try {
    await upload.append(openBody(call.request, call.response), 0);
  } catch (error) {
    // Nobody knows its id: nobody could go on with it.
    await store.uploads.remove(upload);
    throw error;
  }
  await store.commitUpload(upload, digest);
  replyBlob(call, digest);
}

async function showUpload(context: RegistryContext, call: Call): Promise<void> {
  replyEmpty(call.response, 204, uploadHeaders(await findUpload(context, call)));
}

async function addChunk(context: RegistryContext, call: Call): Promise<void> {
  const upload = await findUpload(context, call);
  await appendBody(upload, call);
  replyEmpty(call.response, 202, uploadHeaders(upload));
}

async function finishUpload(context: RegistryContext, call: Call): Promise<void> {
  const digest = readDigest(call.query.get('digest') ?? '');
  const upload = await findUpload(context, call);
  await appendBody(upload, call);
  try {
    await context.store.commitUpload(upload, digest);
  } catch (error) {
    // Another request has ended it meanwhile.
    throw errnoOf(error) === 'ENOENT' ? unknownUpload(call) : error;
  }
  replyBlob(call, digest);
}

async function cancelUpload(context: RegistryContext, call: Call): Promise<void> {
  await context.store.uploads.remove(await findUpload(context, call));
  replyEmpty(call.response, 204);
}

async function appendBody(upload: Upload, { request, response }: Call): Promise<void> {
  const range = request.headers['content-range'];
  const position = range === undefined ? undefined : readContentRange(range, request);
  await upload.append(openBody(request, response), position);
}

/** Where the chunk begins. `0-499` as the spec has it, or `bytes 0-499/*` as HTTP has. */
function readContentRange(text: string, { headers }: IncomingMessage): number {
  const match = /^(?:bytes[ =])?(\d{1,15})-(\d{1,15})(?:\/(?:\d+|\*))?$/.exec(text);
  if (match === null) {
    throw new RegistryError(400, 'BLOB_UPLOAD_INVALID', `invalid Content-Range ${JSON.stringify(text)}`);
  }
  const [start, end] = [Number(match[1]), Number(match[2])];
  const length = headers['content-length'];
  // An empty chunk has no range that would fit: clients send 0-0 or N-(N-1).
  if (length !== undefined && length !== '0' && end - start + 1 !== Number(length)) {
    throw new RegistryError(400, 'SIZE_INVALID', `Content-Range ${text} and Content-Length ${length} do not agree`);
  }
  return start;
}

async function findUpload({ store }: RegistryContext, call: Call): Promise<Upload> {
  const upload = await store.uploads.find(call.repository, call.reference);
  if (upload === undefined) throw unknownUpload(call);
  return upload;
}

function unknownUpload({ reference }: Call): RegistryError {
  return new RegistryError(404, 'BLOB_UPLOAD_UNKNOWN', `no upload ${JSON.stringify(reference.slice(0, 100))} is open`);
}

function replyBlob({ response, repository }: Call, digest: ContentDigest): void {
  replyEmpty(response, 201, { Location: `/v2/${repository}/blobs/${digest}`, 'Docker-Content-Digest': digest });
}
