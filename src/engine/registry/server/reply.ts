import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatErrorBody, RegistryError } from './registry-error.js';

type Headers = Readonly<Record<string, string | number | readonly string[]>>;

/** Answers without a body. */
export function replyEmpty(response: ServerResponse, status: number, headers: Headers = {}): void {
  setHeaders(response, headers);
  if (status !== 204 && status !== 304) response.setHeader('Content-Length', 0);
  response.writeHead(status).end();
}

/** Answers with bytes, which HEAD leaves out. */
export function replyBytes(response: ServerResponse, status: number, bytes: Uint8Array, headers: Headers): void {
  setHeaders(response, headers);
  response.setHeader('Content-Length', bytes.length);
  response.writeHead(status).end(bytes);
}

export function replyJson(response: ServerResponse, status: number, value: unknown, headers: Headers = {}): void {
  replyBytes(response, status, Buffer.from(JSON.stringify(value)), { 'Content-Type': 'application/json', ...headers });
}

export function replyError(response: ServerResponse, error: RegistryError): void {
  const body = Buffer.from(formatErrorBody(error.code, error.message));
  replyBytes(response, error.status, body, { 'Content-Type': 'application/json', ...error.headers });
}

/** The body's stream, once the client has been told to send it if it waits for that. RFC 9110, 10.1.1. */
export function openBody(request: IncomingMessage, response: ServerResponse): IncomingMessage {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
  return request;
}

/** Reads the whole body. Rejects: RegistryError 413. */
export async function readBody(request: IncomingMessage, response: ServerResponse, maxBytes: number): Promise<Buffer> {
  const tooLarge = () => new RegistryError(413, 'SIZE_INVALID', `the body is larger than ${maxBytes} bytes`);
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLarge();
  const parts: Buffer[] = [];
  let length = 0;
  for await (const bytes of openBody(request, response)) {
    length += bytes.length;
    if (length > maxBytes) throw tooLarge();
    parts.push(bytes);
  }
  return Buffer.concat(parts);
}

function setHeaders(response: ServerResponse, headers: Headers): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}
