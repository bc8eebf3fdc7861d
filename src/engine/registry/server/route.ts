import type { IncomingMessage, ServerResponse } from 'node:http';

/** What a request does to a repository; permissions are given for each. */
export type Action = 'pull' | 'push' | 'delete';

/** One request, as its route gets it. */
export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Checked; empty where the path has none. */
  readonly repository: string;
  /** The last part of the path: a tag, a digest or the id of an upload, not checked; empty where the path has none. */
  readonly reference: string;
  readonly query: URLSearchParams;
  /** May whoever asks do this to that repository? */
  may(action: Action, repository: string): boolean;
}

/** A row of the table of routes: a function for each method of a path. HEAD goes where GET goes. */
export interface Route {
  /** For the metrics. */
  readonly name: string;
  /** Matches the whole path, with the groups `name` and `reference`. */
  readonly path: RegExp;
  readonly methods: Readonly<Partial<Record<Method, Handler>>>;
}

export type Method = 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';

export interface Handler {
  /** What it needs: an action on the repository of its path, to be known where logging in is asked for, or nothing. */
  readonly action: Action | 'know' | 'enter';
  readonly run: (call: Call) => Promise<void> | void;
}
