import type { Duplex } from 'node:stream';

/** By Node's codes for what it cannot read; everything else is 400. RFC 9110, 15.5; RFC 6585, 5 */
const STATUSES: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

/** Ends a connection on which something came that is no HTTP, with the reason where no answer has begun on it. */
export function refuseConnection(
  error: NodeJS.ErrnoException,
  connection: Duplex,
  { hasBegun }: { readonly hasBegun: boolean },
): void {
  if (!connection.writable || hasBegun) {
    connection.destroy();
    return;
  }
  const status = STATUSES[error.code ?? ''] ?? '400 Bad Request';
  const body = `${JSON.stringify({ message: `cannot read the request: ${error.message}` })}\n`;
  const head = `HTTP/1.1 ${status}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}`;
  // Nobody reads what still comes: without this it would stay open as long as the client likes.
  connection.end(`${head}\r\nConnection: close\r\n\r\n${body}`, () => connection.destroy());
}
