import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TestContext } from 'node:test';
import { serveRegistry } from '../../src/engine/registry/server/serve-registry.js';
import type { RegistryOptions } from '../../src/model/registry-options.js';
import { makeTemporaryFolder } from './temporary-folder.js';

export const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
export const OCI_INDEX = 'application/vnd.oci.image.index.v1+json';
const OCI_CONFIG = 'application/vnd.oci.image.config.v1+json';
const OCI_LAYER = 'application/vnd.oci.image.layer.v1.tar';
export const OCTETS = { 'Content-Type': 'application/octet-stream' };

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** The body as JSON. */
  json(): ReturnType<typeof JSON.parse>;
  /** Codes of the errors in the body. */
  codes(): readonly string[];
}

export interface Ask {
  readonly headers?: Readonly<Record<string, string | number>>;
  readonly body?: Uint8Array | string;
  readonly ca?: string;
}

/** A registry under test, and a repository in it that no other test has. */
export interface RegistryWorld {
  readonly url: string;
  readonly metricsUrl: string;
  readonly folder: string;
  readonly repository: string;
  /** Lines of the access log, and warnings. */
  readonly lines: string[];
  readonly warnings: string[];
  /** `path` begins with a slash, or is a URL that the registry has given. */
  send(method: string, path: string, ask?: Ask): Promise<Answer>;
  stop(): Promise<void>;
}

export const SERVE_DEFAULTS: Omit<RegistryOptions, 'folder'> = {
  listen: { host: '127.0.0.1', port: 0 },
  maxManifestBytes: 4 * 1024 * 1024,
  maxBlobBytes: Number.MAX_SAFE_INTEGER,
  maxUploads: 100,
  uploadIdleMs: 3_600_000,
  idleMs: 60_000,
  stopMs: 5_000,
  isReadOnly: false,
  proxyTagMs: 60_000,
  garbageMs: 0,
  garbageGraceMs: 3_600_000,
  immutableTags: [],
  accessLog: 'text',
};

/**
 * Serves a registry in a folder of the test's own. With GANTRY_CONFORMANCE_URL in the environment the tests ask the registry
 * there in its place, whosever it is.
 */
export async function openRegistry(t: TestContext, options: Partial<RegistryOptions> = {}): Promise<RegistryWorld> {
  const repository = `conformance/${randomUUID()}`;
  const lines: string[] = [];
  const warnings: string[] = [];
  const known = process.env['GANTRY_CONFORMANCE_URL'];
  if (known !== undefined && Object.keys(options).length === 0) {
    const send: RegistryWorld['send'] = (method, path, ask) => sendRequest(known, method, { path, ...ask });
    return { url: known, metricsUrl: '', folder: '', repository, lines, warnings, send, stop: async () => undefined };
  }
  const folder = options.folder ?? makeTemporaryFolder(t);
  const served = await serveRegistry(
    { ...SERVE_DEFAULTS, folder, ...options },
    { access: (line) => void lines.push(line), warn: (line) => void warnings.push(line) },
  );
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= served.stop();
    return stopped;
  };
  t.after(stop);
  const send: RegistryWorld['send'] = (method, path, ask) => sendRequest(served.url, method, { path, ...ask });
  return { url: served.url, metricsUrl: served.metricsUrl ?? '', folder, repository, lines, warnings, send, stop };
}

/** One request on a connection of its own. */
export function sendRequest(url: string, method: string, ask: Ask & { readonly path: string }): Promise<Answer> {
  const { path, headers = {}, body, ca } = ask;
  const target = new URL(path.replaceAll(/%(?![0-9A-Fa-f]{2})/g, '%25'), url);
  const options = { method, headers, agent: false as const, ...(ca === undefined ? {} : { ca }) };
  return new Promise((resolve, reject) => {
    const asked = (target.protocol === 'https:' ? httpsRequest : httpRequest)(target, options, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const bytes = Buffer.concat(parts);
        const json = () => JSON.parse(bytes.toString());
        const codes = () => json().errors.map(({ code }: { code: string }) => code);
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: bytes, json, codes });
      });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

export function digestOf(bytes: Uint8Array | string, algorithm = 'sha256'): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
}

export function randomBlob(size = 512): { readonly bytes: Buffer; readonly digest: string } {
  const bytes = randomBytes(size);
  return { bytes, digest: digestOf(bytes) };
}

/** Pushes bytes by POST and PUT; throws unless the registry takes them. */
export async function pushBlob(world: RegistryWorld, bytes: Uint8Array | string, repository = world.repository) {
  const started = await world.send('POST', `/v2/${repository}/blobs/uploads/`, { headers: { 'Content-Length': 0 } });
  const digest = digestOf(bytes);
  const place = withQuery(String(started.headers.location), `digest=${encodeURIComponent(digest)}`);
  const { status, body } = await world.send('PUT', place, { headers: OCTETS, body: bytes });
  if (status !== 201) throw new Error(`the registry does not take a blob: ${status} ${body.toString()}`);
  return digest;
}

export function withQuery(location: string, query: string): string {
  return `${location}${location.includes('?') ? '&' : '?'}${query}`;
}

export interface PushedImage {
  readonly digest: string;
  readonly text: string;
  readonly config: string;
  readonly layer: string;
}

/** Pushes an image of one layer; its manifest has the additions too. */
export async function pushImage(
  world: RegistryWorld,
  reference: string,
  { additions = {}, repository = world.repository }: { additions?: object; repository?: string } = {},
): Promise<PushedImage> {
  const config = JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const layer = randomBytes(300);
  const manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: await pushBlob(world, config, repository), size: config.length },
    layers: [{ mediaType: OCI_LAYER, digest: await pushBlob(world, layer, repository), size: layer.length }],
    ...additions,
  };
  const text = JSON.stringify(manifest, undefined, 3);
  const digest = digestOf(text);
  const path = `/v2/${repository}/manifests/${reference === '' ? digest : reference}`;
  const { status, body } = await world.send('PUT', path, { headers: { 'Content-Type': OCI_MANIFEST }, body: text });
  if (status !== 201) throw new Error(`the registry does not take a manifest: ${status} ${body.toString()}`);
  return { digest, text, config: manifest.config.digest, layer: manifest.layers[0]?.digest ?? '' };
}
