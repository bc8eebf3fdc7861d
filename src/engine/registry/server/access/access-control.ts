import type { IncomingMessage } from 'node:http';
import { RegistryError } from '../registry-error.js';
import type { Action } from '../route.js';
import { createPasswordCheck, type PasswordFile } from './htpasswd.js';
import type { Permissions } from './permissions.js';
import { createTokens } from './tokens.js';

/** Who comes, and what they may. */
export interface AccessControl {
  /** The user's name; undefined for nobody in particular. Rejects: RegistryError 401 (credentials that are wrong), 429. */
  identify(request: IncomingMessage): Promise<string | undefined>;
  /** `GET /v2/`: Docker's client learns there how to log in, and never later, so who comes without anything is asked. */
  mayEnter(request: IncomingMessage, user: string | undefined): boolean;
  may(user: string | undefined, action: Action, repository: string): boolean;
  /** `WWW-Authenticate` of an answer that asks who comes; undefined where nobody can log in. RFC 9110, 11.6.1. */
  challenge(request: IncomingMessage, scope: AccessScope | undefined): string | undefined;
  /** A token for whoever the request comes from. Rejects like `identify`. */
  issueToken(request: IncomingMessage): Promise<{ readonly token: string; readonly expiresInSeconds: number }>;
}

export interface AccessScope {
  readonly action: Action;
  readonly repository: string;
}

export interface AccessOptions {
  /** Undefined: nobody can log in. */
  readonly readPasswords: (() => PasswordFile) | undefined;
  readonly readPermissions: () => Permissions;
  /** The URL under which clients know the registry; without it, the one that they used. */
  readonly publicUrl: string | undefined;
  readonly isTls: boolean;
  readonly nowMs: () => number;
}

const REALM = 'Gantry registry';
const HOST = /^(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?$/;

/**
 * Basic authentication; and where something is allowed to everybody, bearer tokens of the registry's own: with a Basic
 * challenge Docker's client pulls nothing without a password.
 */
export function createAccessControl(options: AccessOptions): AccessControl {
  const { readPasswords, readPermissions } = options;
  const passwords = readPasswords === undefined ? undefined : createPasswordCheck(readPasswords);
  const tokens = createTokens(options.nowMs);
  const challenge: AccessControl['challenge'] = (request, scope) => {
    if (passwords === undefined) return undefined;
    if (!readPermissions().hasAnonymous) return `Basic realm="${REALM}"`;
    return formatBearer(findOrigin(request, options), scope);
  };
  const refuse = (request: IncomingMessage, message: string): RegistryError => {
    const header = challenge(request, undefined);
    return new RegistryError(401, 'UNAUTHORIZED', message, header === undefined ? {} : { 'WWW-Authenticate': header });
  };
  const identify: AccessControl['identify'] = async (request) => {
    const { scheme, text } = splitAuthorization(request);
    if (scheme === 'none' || passwords === undefined) return undefined;
    if (scheme === 'bearer') {
      const known = tokens.verify(text);
      if (known === undefined) throw refuse(request, 'the token is invalid or has expired');
      return known.user;
    }
    const decoded = Buffer.from(text, 'base64').toString();
    const colon = decoded.indexOf(':');
    const user = decoded.slice(0, colon);
    if (scheme === 'basic' && colon > 0 && (await passwords.isRight(user, decoded.slice(colon + 1)))) return user;
    throw refuse(request, 'incorrect username or password');
  };
  return {
    identify,
    challenge,
    mayEnter: (request, user) =>
      passwords === undefined || user !== undefined || splitAuthorization(request).scheme === 'bearer',
    may: (user, action, repository) => readPermissions().may(user, action, repository),
    issueToken: async (request) => tokens.issue(await identify(request)),
  };
}

function splitAuthorization({ headers }: IncomingMessage): { readonly scheme: string; readonly text: string } {
  const match = /^(\S+) +(\S+)$/.exec(headers.authorization ?? '');
  if (match === null) return { scheme: headers.authorization === undefined ? 'none' : 'unknown', text: '' };
  return { scheme: (match[1] ?? '').toLowerCase(), text: match[2] ?? '' };
}

/** docs.docker.com, "Token authentication specification". */
function formatBearer(origin: string, scope: AccessScope | undefined): string {
  const words = { pull: 'pull', push: 'pull,push', delete: 'pull,delete' } as const;
  const wanted = scope === undefined ? '' : `,scope="repository:${scope.repository}:${words[scope.action]}"`;
  return `Bearer realm="${origin}/token",service="${REALM}"${wanted}`;
}

/** What is put into the answer must be a host and nothing else. */
function findOrigin({ headers, socket }: IncomingMessage, { publicUrl, isTls }: AccessOptions): string {
  if (publicUrl !== undefined) return publicUrl.replace(/\/+$/, '');
  const host = HOST.test(headers.host ?? '') ? headers.host : `localhost:${socket.localPort}`;
  return `${isTls ? 'https' : 'http'}://${host}`;
}
