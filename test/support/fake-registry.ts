import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import { makeConfig } from './image-fixtures.js';

/** A request as it came, with its body. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

/** True if it has answered; else the registry does what a registry does. */
export type Hook = (request: SeenRequest, response: ServerResponse) => boolean | undefined | Promise<boolean>;

/** A registry in memory that does as it is told: for answers that no real one gives. */
export interface FakeRegistry {
  readonly host: string;
  readonly origin: string;
  readonly blobs: Map<string, Buffer>;
  /** By tag and by digest. */
  readonly manifests: Map<string, { readonly type: string; readonly bytes: Buffer }>;
  readonly seen: SeenRequest[];
  hook: Hook | undefined;
  /** An image of these plain layers under a tag, gzipped; gives the digest of its manifest. */
  add(tag: string, layers: readonly Buffer[], config?: Buffer): string;
  put(tag: string, type: string, document: object): string;
}

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

const OCI = 'application/vnd.oci.image';

export async function startFakeRegistry(t: TestContext, tls?: ServerOptions): Promise<FakeRegistry> {
  const blobs = new Map<string, Buffer>();
  const manifests: FakeRegistry['manifests'] = new Map();
  const uploads = new Map<string, Buffer>();
  const seen: SeenRequest[] = [];
  const listener: RequestListener = (incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('error', () => undefined);
    incoming.on('end', () => {
      const url = new URL(incoming.url ?? '/', 'http://registry');
      const { method = '', headers } = incoming;
      const request = { method, path: url.pathname, query: url.searchParams, headers, body: Buffer.concat(chunks) };
      seen.push(request);
      void (async () => {
        if ((await registry.hook?.(request, response)) === true) return;
        serve(request, response, { blobs, manifests, uploads });
      })();
    });
  };
  const server = tls === undefined ? createServer(listener) : createTlsServer(tls, listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const put: FakeRegistry['put'] = (tag, type, document) => {
    const bytes = Buffer.from(JSON.stringify(document));
    for (const reference of [tag, digestOf(bytes)]) manifests.set(reference, { type, bytes });
    return digestOf(bytes);
  };
  const keep = (bytes: Buffer, mediaType: string) => {
    blobs.set(digestOf(bytes), bytes);
    return { mediaType, digest: digestOf(bytes), size: bytes.length };
  };
  const registry: FakeRegistry = {
    ...{
      host,
      origin: `${tls === undefined ? 'http' : 'https'}://${host}`,
      blobs,
      manifests,
      seen,
      put,
      hook: undefined,
    },
    add: (tag, layers, config = makeConfig(layers)) =>
      put(tag, `${OCI}.manifest.v1+json`, {
        schemaVersion: 2,
        mediaType: `${OCI}.manifest.v1+json`,
        config: keep(config, `${OCI}.config.v1+json`),
        layers: layers.map((layer) => keep(gzipSync(layer, { level: 1 }), `${OCI}.layer.v1.tar+gzip`)),
      }),
  };
  return registry;
}

interface Store {
  readonly blobs: Map<string, Buffer>;
  readonly manifests: FakeRegistry['manifests'];
  readonly uploads: Map<string, Buffer>;
}

export function answer(
  response: ServerResponse,
  status: number,
  headers: Record<string, string>,
  body?: string | Buffer,
): true {
  response.writeHead(status, headers).end(body);
  return true;
}

export function answerError(response: ServerResponse, status: number, code: string, message: string): true {
  const body = JSON.stringify({ errors: [{ code, message }] });
  return answer(response, status, { 'content-type': 'application/json' }, body);
}

function serve(request: SeenRequest, response: ServerResponse, store: Store): void {
  const { method, path } = request;
  const [, kind, last = ''] = /\/(manifests|blobs|blobs\/uploads)\/([^/]*)$/.exec(path) ?? [];
  if (path === '/v2/') answer(response, 200, {}, '{}');
  else if (kind === 'blobs/uploads') serveUpload(request, response, store, last);
  else if (kind === 'manifests' && method === 'PUT') putManifest(request, response, store, last);
  else if (kind === 'manifests') serveManifest(request, response, store, last);
  else serveBlob(request, response, store, last);
}

function serveManifest(
  { method }: SeenRequest,
  response: ServerResponse,
  { manifests }: Store,
  reference: string,
): void {
  const found = manifests.get(reference);
  if (found === undefined) {
    answerError(response, 404, 'MANIFEST_UNKNOWN', 'manifest unknown');
    return;
  }
  const headers = { 'content-type': found.type, 'docker-content-digest': digestOf(found.bytes) };
  answer(response, 200, headers, method === 'HEAD' ? undefined : found.bytes);
}

function putManifest(
  { headers, body }: SeenRequest,
  response: ServerResponse,
  { manifests }: Store,
  tag: string,
): void {
  for (const name of [tag, digestOf(body)]) manifests.set(name, { type: headers['content-type'] ?? '', bytes: body });
  answer(response, 201, { 'docker-content-digest': digestOf(body) });
}

function serveBlob({ method, headers }: SeenRequest, response: ServerResponse, { blobs }: Store, digest: string): void {
  const bytes = blobs.get(digest);
  if (bytes === undefined) {
    answerError(response, 404, 'BLOB_UNKNOWN', 'blob unknown to registry');
    return;
  }
  const from = Number(/^bytes=(\d+)-$/.exec(headers.range ?? '')?.[1] ?? 0);
  const range = from === 0 ? {} : { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` };
  const rest = bytes.subarray(from);
  const all = { 'content-length': String(rest.length), ...range };
  answer(response, from === 0 ? 200 : 206, all, method === 'HEAD' ? undefined : rest);
}

function serveUpload(
  { method, path, query, body }: SeenRequest,
  response: ServerResponse,
  store: Store,
  id: string,
): void {
  const { uploads, blobs } = store;
  if (method === 'POST') {
    const name = String(uploads.size + 1);
    uploads.set(name, Buffer.alloc(0));
    answer(response, 202, { location: `${path}${name}?state=x` });
    return;
  }
  const have = Buffer.concat([uploads.get(id) ?? Buffer.alloc(0), body]);
  uploads.set(id, have);
  const range = { location: `${path}?state=${have.length}`, range: `0-${have.length - 1}` };
  if (method === 'PATCH') answer(response, 202, range);
  else if (method === 'PUT' && digestOf(have) === query.get('digest')) {
    blobs.set(digestOf(have), have);
    answer(response, 201, {});
  } else if (method === 'DELETE' || method === 'GET') answer(response, 204, range);
  else answerError(response, 400, 'DIGEST_INVALID', 'provided digest did not match uploaded content');
}
