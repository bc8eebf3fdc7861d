import type { Readable } from 'node:stream';
import { getCACertificates } from 'node:tls';
import type { Dispatcher } from 'undici';
import { EngineError } from '../../../model/errors.js';
import { formatBasicAuthorization } from './basic-authorization.js';
import { type HostCertificates, readHostCertificates } from './certificates.js';
import { findProxy } from './proxy.js';
import { isInsecureHost, type RegistrySettings } from './registry-settings.js';
import { toTransportError } from './transport-error.js';

export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array | AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal;
}

export interface HttpResponse {
  readonly status: number;
  readonly url: URL;
  /** By a name in lower case; several of one name are joined by commas. Empty where it is absent. */
  header(name: string): string;
  /** Once. Rejects: unavailable, cancelled. */
  read(): AsyncGenerator<Buffer>;
  /** The whole body. Rejects: invalid-argument (longer than `maxBytes`), unavailable, cancelled. */
  readSmall(maxBytes: number): Promise<Buffer>;
  /** Gives the body up. */
  discard(): void;
}

/** HTTP as registries need it, with connections kept open until it is closed. Follows no redirect and retries nothing. */
export interface HttpClient {
  /** Rejects: unavailable (TransportError), cancelled. */
  send(request: HttpRequest): Promise<HttpResponse>;
  close(): Promise<void>;
}

const CONNECT_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 60_000;
/** Without a byte for so long, a download is taken for broken, and resumed. */
const BODY_TIMEOUT_MS = 60_000;
const USER_AGENT = 'gantry';

/** Loads undici at the first request. docs/adr/0020 */
export function createHttpClient(settings: RegistrySettings): HttpClient {
  const dispatchers = new Map<string, Promise<Dispatcher>>();
  const open = (url: URL): Promise<Dispatcher> => {
    const known = dispatchers.get(url.origin);
    if (known !== undefined) return known;
    const opened = openDispatcher(url, settings);
    dispatchers.set(url.origin, opened);
    return opened;
  };
  return {
    async send({ method, url, headers = {}, body, signal }) {
      const dispatcher = await open(url);
      try {
        const answer = await dispatcher.request({
          origin: url.origin,
          path: `${url.pathname}${url.search}`,
          method,
          headers: { 'user-agent': USER_AGENT, ...headers },
          headersTimeout: HEADERS_TIMEOUT_MS,
          bodyTimeout: BODY_TIMEOUT_MS,
          ...(body === undefined ? {} : { body: toBody(body) }),
          ...(signal === undefined ? {} : { signal }),
        });
        return wrapResponse({ method, url, ...(signal && { signal }) }, answer);
      } catch (error) {
        throw toFailure({ method, url, ...(signal && { signal }) }, error);
      }
    },
    async close() {
      const opened = await Promise.allSettled(dispatchers.values());
      await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.destroy() : undefined)));
    },
  };
}

/** undici takes an async iterable as its types have it only as a stream. */
function toBody(body: NonNullable<HttpRequest['body']>): Uint8Array | Readable {
  return body instanceof Uint8Array ? body : (body as unknown as Readable);
}

async function openDispatcher(url: URL, settings: RegistrySettings): Promise<Dispatcher> {
  // A bundle gives a CommonJS module its default export only.
  const { default: undici } = await import('undici');
  const proxy = findProxy(url, settings.env);
  const tls = url.protocol === 'https:' ? tlsOptions(url, settings) : {};
  if (proxy === undefined) return new undici.Agent({ connect: { timeout: CONNECT_TIMEOUT_MS, ...tls } });
  if (!URL.canParse(proxy)) throw new EngineError('invalid-argument', 'the proxy of the environment is no address');
  const { username, password } = new URL(proxy);
  const token = formatBasicAuthorization(decodeURIComponent(username), decodeURIComponent(password));
  return new undici.ProxyAgent({
    uri: proxy,
    requestTls: { timeout: CONNECT_TIMEOUT_MS, ...tls },
    ...(username === '' ? {} : { token }),
  });
}

function tlsOptions(url: URL, settings: RegistrySettings) {
  const { host } = url;
  const own: HostCertificates = readHostCertificates(settings.certificateFolders, host);
  const isInsecure = isInsecureHost(host, settings);
  return {
    // The system's authorities too: Node has a list of its own, and the host's administrator the last word. They take a while.
    ...(isInsecure ? {} : { ca: [...listAuthorities(), ...own.authorities] }),
    ...(own.certificates.length === 0 ? {} : { cert: [...own.certificates], key: [...own.keys] }),
    rejectUnauthorized: !isInsecure,
  };
}

function listAuthorities(): ReadonlySet<string> {
  return new Set([...getCACertificates('default'), ...getCACertificates('system')]);
}

type RequestLine = Pick<HttpRequest, 'method' | 'url' | 'signal'>;

function wrapResponse(request: RequestLine, { statusCode, headers, body }: Dispatcher.ResponseData): HttpResponse {
  async function* read(): AsyncGenerator<Buffer> {
    try {
      for await (const bytes of body) yield bytes as Buffer;
    } catch (error) {
      throw toFailure(request, error);
    }
  }
  const discard = () => {
    // What is aborted here fails for nobody.
    body.on('error', () => undefined);
    body.destroy();
  };
  return {
    status: statusCode,
    url: request.url,
    header: (name) => [headers[name] ?? ''].flat().join(', '),
    read,
    discard,
    async readSmall(maxBytes) {
      const parts: Buffer[] = [];
      let length = 0;
      for await (const bytes of read()) {
        length += bytes.length;
        if (length > maxBytes) {
          discard();
          throw new EngineError(
            'invalid-argument',
            `the answer to ${request.method} "${request.url.origin}${request.url.pathname}" is larger than ${maxBytes} bytes`,
          );
        }
        parts.push(bytes);
      }
      return Buffer.concat(parts);
    },
  };
}

function toFailure({ method, url, signal }: RequestLine, error: unknown): EngineError {
  if (error instanceof EngineError) return error;
  if (signal?.aborted === true) return new EngineError('cancelled', 'the request was cancelled', { cause: error });
  return toTransportError(method, url, error);
}
