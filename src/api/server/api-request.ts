import type { IncomingHttpHeaders } from 'node:http';
import type { ApiVersion } from './api-version.js';
import type { Query } from './query.js';

/** A request to Docker's API. */
export interface ApiRequest {
  readonly version: ApiVersion;
  /** What the route's path has named, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: Query;
  readonly headers: IncomingHttpHeaders;
  /** Once; empty where there is none. */
  readonly body: AsyncIterable<Uint8Array>;
  /** Aborts when the client has gone. */
  readonly gone: AbortSignal;
}

/** The parameter of a path that its route has. */
export function readParam({ params }: ApiRequest, name: string): string {
  return params[name] ?? '';
}
