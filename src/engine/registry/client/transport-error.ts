import { EngineError } from '../../../model/errors.js';

/** A connection that failed: `unavailable`, in the words of Go's net/http, which Docker's users know. */
export class TransportError extends EngineError {
  /** Another try may go better: the connection was lost or timed out. */
  readonly isTransient: boolean;
  /** There is no TLS at the other end, or a certificate that does not hold. */
  readonly isTls: boolean;

  constructor(message: string, traits: { readonly isTransient: boolean; readonly isTls: boolean }, cause: unknown) {
    super('unavailable', message, { cause });
    this.isTransient = traits.isTransient;
    this.isTls = traits.isTls;
  }
}

/** Says what went wrong with a request. The query is left out of the address: it may hold a signature. */
export function toTransportError(method: string, url: URL, cause: unknown): TransportError {
  const error = findRootError(cause);
  const code = textOf(error, 'code');
  const { text, isTls } = describe(error, code, url);
  const verb = method.charAt(0) + method.slice(1).toLowerCase();
  const isTransient = !isTls && code !== 'ECONNREFUSED' && code !== 'ENOTFOUND';
  return new TransportError(`${verb} "${url.origin}${url.pathname}": ${text}`, { isTransient, isTls }, cause);
}

/** The connection's own error: several addresses of one name fail together, and a proxy's failure is wrapped. */
function findRootError(cause: unknown): Error {
  if (cause instanceof AggregateError && cause.errors.length > 0) return findRootError(cause.errors.at(-1));
  if (!(cause instanceof Error)) return new Error(String(cause));
  return cause.cause instanceof Error && !('syscall' in cause) ? findRootError(cause.cause) : cause;
}

function describe(error: Error, code: string, url: URL): { readonly text: string; readonly isTls: boolean } {
  const certificate = describeCertificate(code, error, url);
  if (certificate !== undefined)
    return { text: `tls: failed to verify certificate: x509: ${certificate}`, isTls: true };
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return { text: describeTls(code, error), isTls: true };
  return { text: describeConnection(code, error, url), isTls: false };
}

function describeCertificate(code: string, error: Error, url: URL): string | undefined {
  switch (code) {
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
      return 'certificate signed by unknown authority';
    case 'CERT_HAS_EXPIRED':
    case 'CERT_NOT_YET_VALID':
      return 'certificate has expired or is not yet valid';
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return `certificate is not valid for ${url.hostname}: ${textOf(error, 'reason')}`;
    default:
      return code.startsWith('CERT_') ? error.message : undefined;
  }
}

function describeTls(code: string, error: Error): string {
  const isPlain = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/i.test(
    `${code} ${textOf(error, 'reason')} ${error.message}`.replaceAll(' ', '_'),
  );
  if (isPlain) return 'http: server gave HTTP response to HTTPS client';
  return /certificate.required|bad.certificate|handshake.failure/i.test(error.message.replaceAll('_', ' '))
    ? 'remote error: tls: bad certificate'
    : `tls: ${textOf(error, 'reason') || error.message}`;
}

function describeConnection(code: string, error: Error, url: URL): string {
  const address = textOf(error, 'address') || url.hostname;
  const port = textOf(error, 'port') || url.port || (url.protocol === 'https:' ? '443' : '80');
  const target = `dial tcp ${address.includes(':') && !address.startsWith('[') ? `[${address}]` : address}:${port}`;
  switch (code) {
    case 'ECONNREFUSED':
      return `${target}: connect: connection refused`;
    case 'EHOSTUNREACH':
      return `${target}: connect: no route to host`;
    case 'ENETUNREACH':
      return `${target}: connect: network is unreachable`;
    case 'ETIMEDOUT':
    case 'UND_ERR_CONNECT_TIMEOUT':
      return `${target}: i/o timeout`;
    case 'ENOTFOUND':
      return `dial tcp: lookup ${url.hostname}: no such host`;
    case 'EAI_AGAIN':
      return `dial tcp: lookup ${url.hostname}: Temporary failure in name resolution`;
    case 'UND_ERR_HEADERS_TIMEOUT':
    case 'UND_ERR_BODY_TIMEOUT':
      return 'net/http: timeout awaiting response';
    case 'ECONNRESET':
    case 'EPIPE':
      return 'connection reset by peer';
    case 'UND_ERR_SOCKET':
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      return 'unexpected EOF';
    default:
      return error.message;
  }
}

function textOf(error: Error, name: string): string {
  const value = (error as unknown as Record<string, unknown>)[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
