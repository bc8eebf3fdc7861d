import type { IncomingMessage, ServerResponse } from 'node:http';

interface AccessLine {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly user: string | undefined;
  /** The client has gone before it had everything. */
  readonly isBroken: boolean;
  /** Who asked: a closed connection does not know it any more. */
  readonly remote: string;
  readonly atMs: number;
  readonly durationMs: number;
}

/** Status of an answer that the client did not wait for, as nginx has it. */
const CLIENT_GONE = 499;

/** One line a request: Common Log Format with the milliseconds and the client behind it, or JSON. Query strings are in it, credentials are not. */
export function formatAccessLine(form: 'text' | 'json', line: AccessLine): string {
  const { request, response, user, atMs, remote } = line;
  const status = line.isBroken ? CLIENT_GONE : response.statusCode;
  const time = new Date(atMs).toISOString();
  const bytes = request.method === 'HEAD' ? 0 : Number(response.getHeader('Content-Length') ?? 0);
  const agent = request.headers['user-agent'] ?? '-';
  const durationMs = Math.round(line.durationMs);
  if (form === 'json') {
    const { method, url } = request;
    return JSON.stringify({ time, remote, user, method, url, status, bytes, durationMs, agent });
  }
  const asked = `"${request.method} ${quote(request.url ?? '')} HTTP/${request.httpVersion}"`;
  return `${remote} - ${quote(user ?? '-')} [${time}] ${asked} ${status} ${bytes} ${durationMs}ms "${quote(agent)}"`;
}

/** What a client sends must not end the line, close the quotes, or colour a terminal. */
function quote(text: string): string {
  return text.replace(/[^\x20-\x7e]|["\\]/g, (letter) =>
    JSON.stringify(letter)
      .slice(1, -1)
      .replace(/[^\x20-\x7e]/g, '?'),
  );
}
