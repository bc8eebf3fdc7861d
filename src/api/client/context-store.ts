import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type Context, type ContextStore, DEFAULT_CONTEXT } from '../../model/context.js';
import { EngineError } from '../../model/errors.js';
import { parseJson, toObject, toText } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseRemoteEndpoint, type RemoteEndpoint, type RemoteTls } from '../../model/remote-endpoint.js';
import { currentContextPath } from './current-context.js';

type Environment = Readonly<Record<string, string | undefined>>;

const LOCAL: Context = { name: DEFAULT_CONTEXT, description: 'The engine of this process' };
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.+-]+$/;

/**
 * Docker's contexts: `contexts/meta/HASH/meta.json` and `contexts/tls/HASH/docker/` in its folder, HASH the SHA-256 of the name. Which of
 * them Gantry uses is in a file of its own: docker's choice is docker's.
 */
export function openContextStore(env: Environment): ContextStore {
  const folder = dockerFolder(env);
  const file = currentContextPath(env);
  const inspect = (name: string): Context => {
    if (name === DEFAULT_CONTEXT) return LOCAL;
    const found = readMeta(metaPath(folder, name));
    if (found !== undefined) return found;
    throw new EngineError('not-found', `context "${name}" does not exist`);
  };
  const store: ContextStore = {
    list: () => [LOCAL, ...listMeta(folder)],
    inspect,
    current: () => readCurrentContext(env) ?? DEFAULT_CONTEXT,
    use: (name) => {
      inspect(name);
      if (name === DEFAULT_CONTEXT) rmSync(file, { force: true });
      else writeWhole(file, `${name}\n`);
    },
    create: (context) => createMeta(folder, context),
    remove: (name, { force = false } = {}) => {
      if (name === DEFAULT_CONTEXT) throw new EngineError('conflict', 'context "default" cannot be removed');
      inspect(name);
      if (store.current() === name) {
        if (!force) throw new EngineError('conflict', `context "${name}" is in use, set -f flag to force remove`);
        store.use(DEFAULT_CONTEXT);
      }
      rmSync(join(folder, 'contexts', 'tls', hashOf(name)), { recursive: true, force: true });
      rmSync(dirname(metaPath(folder, name)), { recursive: true, force: true });
    },
  };
  return store;
}

/** Where a context leads. Throws not-found, invalid-argument. */
export function readContextEndpoint(env: Environment, name: string): RemoteEndpoint | undefined {
  const { host } = openContextStore(env).inspect(name);
  if (host === undefined) return undefined;
  const files = join(dockerFolder(env), 'contexts', 'tls', hashOf(name), 'docker');
  return parseRemoteEndpoint(host, existsSync(files) ? readTlsFiles(files, readsAll(env, name)) : undefined);
}

function readTlsFiles(folder: string, verify: boolean): RemoteTls {
  const find = (file: string) => (existsSync(join(folder, file)) ? join(folder, file) : undefined);
  return { authority: find('ca.pem'), certificate: find('cert.pem'), key: find('key.pem'), verify };
}

function readsAll(env: Environment, name: string): boolean {
  const meta = toObject(parseJson(readFileSync(metaPath(dockerFolder(env), name)), 'the context'));
  return toObject(toObject(meta['Endpoints'])['docker'])['SkipTLSVerify'] !== true;
}

export function dockerFolder(env: Environment): string {
  return env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
}

/** The one that was chosen with `context use`; undefined where none was. */
export function readCurrentContext(env: Environment): string | undefined {
  try {
    return readFileSync(currentContextPath(env), 'utf8').trim() || undefined;
  } catch {
    // Nothing was chosen.
    return undefined;
  }
}

function metaPath(folder: string, name: string): string {
  return join(folder, 'contexts', 'meta', hashOf(name), 'meta.json');
}

function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

function listMeta(folder: string): readonly Context[] {
  const metas = join(folder, 'contexts', 'meta');
  const found = existsSync(metas) ? readdirSync(metas) : [];
  const contexts = found.flatMap((hash) => readMeta(join(metas, hash, 'meta.json')) ?? []);
  return contexts.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readMeta(path: string): Context | undefined {
  if (!existsSync(path)) return undefined;
  const {
    Name: name,
    Metadata: metadata,
    Endpoints: endpoints,
  } = toObject(parseJson(readFileSync(path), `the file ${path}`));
  const host = toText(toObject(toObject(endpoints)['docker'])['Host']);
  return omitUndefined({
    name: toText(name),
    description: toText(toObject(metadata)['Description']),
    host: host || undefined,
  });
}

function createMeta(folder: string, { name, description, host }: Context): void {
  if (!NAME.test(name) || name === DEFAULT_CONTEXT) {
    throw new EngineError(
      'invalid-argument',
      `context name "${name}" is invalid, names are validated against regexp "${NAME.source}"`,
    );
  }
  if (host === undefined) throw new EngineError('invalid-argument', 'docker endpoint configuration is required');
  parseRemoteEndpoint(host);
  const path = metaPath(folder, name);
  if (existsSync(path)) throw new EngineError('conflict', `context "${name}" already exists`);
  const meta = {
    Name: name,
    Metadata: description === '' ? {} : { Description: description },
    Endpoints: { docker: { Host: host, SkipTLSVerify: false } },
  };
  writeWhole(path, JSON.stringify(meta));
}

function writeWhole(path: string, text: string): void {
  const partial = `${path}.${process.pid}`;
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(partial, text, { mode: 0o600 });
  renameSync(partial, path);
}
