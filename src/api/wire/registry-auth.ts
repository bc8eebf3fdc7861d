import type { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';
import type { GivenCredentials } from '../../model/registry.js';
import { goObject, goText } from './go-json.js';

/** What a client has for a registry: Docker Engine API 1.51, AuthConfig. */
export const registryAuthSchema = goObject({
  username: goText,
  password: goText,
  /** `username:password` in base64, as in config.json. */
  auth: goText,
  serveraddress: goText,
  identitytoken: goText,
  registrytoken: goText,
});

/** Throws not-implemented for a token that only one registry takes, and invalid-argument. */
export function fromWireAuth(wire: z.output<typeof registryAuthSchema>): GivenCredentials {
  const { username = '', password = '', auth = '', identitytoken: token = '', registrytoken = '' } = wire;
  if (registrytoken !== '') {
    throw new EngineError(
      'not-implemented',
      'registry tokens are not implemented: use a password or an identity token',
    );
  }
  if (token !== '') return { kind: 'identity-token', token };
  if (username !== '' || password !== '') return { kind: 'password', username, password };
  return auth === '' ? 'none' : parsePair(auth);
}

function parsePair(auth: string): GivenCredentials {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) throw new EngineError('invalid-argument', 'invalid auth configuration: auth is no username:password');
  return { kind: 'password', username: text.slice(0, colon), password: text.slice(colon + 1) };
}
