import type { ServerResponse } from 'node:http';
import type { Engine } from '../../engine/engine.js';
import type { ApiRequest } from './api-request.js';
import type { HijackedConnection } from './hijack.js';

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';

export interface Route {
  readonly method: Method;
  /** Of the path without the version; its named groups are the parameters. */
  readonly path: RegExp;
  /** What it throws is answered as an error. */
  handle(call: ApiCall): Promise<void> | void;
  /** It takes the connection over, whether or not a client asks for an upgrade. */
  readonly hijacks?: true;
}

export interface ApiCall {
  readonly engine: Engine;
  readonly request: ApiRequest;
  readonly response: ServerResponse;
  /** The connection itself, after the head of the answer. */
  hijack(contentType: string): HijackedConnection;
  /** The same in the frames of RFC 6455. Rejects: invalid-argument where the client has not asked for that. */
  openWebSocket(): Promise<HijackedConnection>;
}
