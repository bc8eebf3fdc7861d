import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type EngineChoice, findNamed, type TlsChoice } from '../../model/context.js';
import { EngineError } from '../../model/errors.js';
import { parseRemoteEndpoint, type RemoteEndpoint, type RemoteTls } from '../../model/remote-endpoint.js';
import { dockerFolder, readContextEndpoint, readCurrentContext } from './context-store.js';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Which engine is meant (docs/adr/0033): the first of what flags, Gantry's variables, Docker's variables and `context use` say. Undefined:
 * the one of this process. Throws invalid-argument, not-found (the context).
 */
export function chooseEndpoint(choice: EngineChoice, env: Environment): RemoteEndpoint | undefined {
  if (choice.host !== undefined && choice.context !== undefined) {
    throw new EngineError('invalid-argument', 'conflicting options: cannot specify both --host and --context');
  }
  const named = findNamed(choice, env);
  if (named !== undefined && 'host' in named) {
    const { host } = named;
    return parseRemoteEndpoint(host, host.startsWith('unix:') ? undefined : readTls(choice.tls ?? {}, env));
  }
  const context = named === undefined ? readCurrentContext(env) : named.context;
  return context === undefined ? undefined : readContextEndpoint(env, context);
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
