import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineChoice, TlsChoice } from '../../model/context.js';
import { EngineError } from '../../model/errors.js';
import { parseRemoteEndpoint, type RemoteEndpoint, type RemoteTls } from '../../model/remote-endpoint.js';
import { dockerFolder, readContextEndpoint, readCurrentContext } from './context-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which engine is meant (docs/adr/0033): the first of what flags, Gantry's variables, Docker's variables and `context use` say. Undefined:
 * the one of this process. Throws invalid-argument, not-found (the context).
 */
export function chooseEndpoint(
  { host, context, tls = {} }: EngineChoice,
  env: Environment,
): RemoteEndpoint | undefined {
  if (host !== undefined && context !== undefined) {
    throw new EngineError('invalid-argument', 'conflicting options: cannot specify both --host and --context');
  }
  const parse = (text: string) => parseRemoteEndpoint(text, text.startsWith('unix:') ? undefined : readTls(tls, env));
  if (host !== undefined) return parse(host);
  if (context !== undefined) return readContextEndpoint(env, context);
  const { GANTRY_HOST, GANTRY_CONTEXT, DOCKER_HOST, DOCKER_CONTEXT } = env;
  if (GANTRY_HOST !== undefined) return GANTRY_HOST === '' ? undefined : parse(GANTRY_HOST);
  if (GANTRY_CONTEXT) return readContextEndpoint(env, GANTRY_CONTEXT);
  if (DOCKER_HOST) return parse(DOCKER_HOST);
  const named = DOCKER_CONTEXT || readCurrentContext(env);
  return named === undefined ? undefined : readContextEndpoint(env, named);
}

/** Docker's rules: a flag, or DOCKER_TLS_VERIFY and DOCKER_TLS; files of DOCKER_CERT_PATH where they are there. */
function readTls(choice: TlsChoice, env: Environment): RemoteTls | undefined {
  const verify = choice.verify ?? Boolean(env['DOCKER_TLS_VERIFY']);
  const enabled = verify || (choice.enabled ?? Boolean(env['DOCKER_TLS']));
  if (!enabled) return undefined;
  const folder = env['DOCKER_CERT_PATH'] || dockerFolder(env);
  const find = (file: string) => (existsSync(join(folder, file)) ? join(folder, file) : undefined);
  return {
    authority: choice.authority ?? find('ca.pem'),
    certificate: choice.certificate ?? find('cert.pem'),
    key: choice.key ?? find('key.pem'),
    verify,
  };
}
