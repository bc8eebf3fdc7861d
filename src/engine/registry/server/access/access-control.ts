import type { IncomingMessage } from 'node:http';
import type { Action } from '../route.js';

/** Who comes, and what they may. */
export interface AccessControl {
  /** The user's name; undefined for nobody in particular. Rejects: RegistryError 401 (credentials that are wrong). */
  identify(request: IncomingMessage): Promise<string | undefined>;
  may(user: string | undefined, action: Action, repository: string): boolean;
  /** `WWW-Authenticate` of an answer that asks who comes; undefined where it would not help. RFC 9110, 11.6.1. */
  challenge(request: IncomingMessage, scope: AccessScope | undefined): string | undefined;
  /** True if `GET /v2/` asks too: Docker's client learns there how to log in, and never later. */
  readonly asksAtBase: boolean;
}

export interface AccessScope {
  readonly action: Action;
  readonly repository: string;
}

/** Everybody may everything, but nobody may push or delete where it is read-only. */
export function createOpenAccess(): AccessControl {
  return {
    identify: async () => undefined,
    may: () => true,
    challenge: () => undefined,
    asksAtBase: false,
  };
}
