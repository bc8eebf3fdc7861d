import { EngineError } from '../../../model/errors.js';
import { DOCKER_HUB } from '../../../model/image-reference.js';
import { type JsonObject, parseJson, toObject, toText } from '../../../model/json-values.js';
import type { RegistryCredentials } from '../../../model/registry.js';
import { runProgram } from '../../../platform/run-program.js';
import { openDockerConfig, parseAuthEntry } from './docker-config.js';

/** What the user has for which registry: Docker's config.json, and the credential helpers that it names. */
export interface CredentialStore {
  /** Undefined where there is nothing for this host. Rejects: invalid-argument, unavailable (the helper fails). */
  find(host: string): Promise<RegistryCredentials | undefined>;
  /** The user name that is kept with it. */
  findUser(host: string): Promise<string | undefined>;
  /** Resolves with the file that the secret now stands in, readable for who can read it; undefined with a helper. */
  save(host: string, username: string, credentials: RegistryCredentials): Promise<string | undefined>;
  /** False if there was nothing. */
  remove(host: string): Promise<boolean>;
}

/** Docker Hub's key, of a time when it had another interface. */
const HUB_KEY = 'https://index.docker.io/v1/';
const HUB_HOSTS: readonly string[] = [DOCKER_HUB, 'index.docker.io', 'registry-1.docker.io'];
const HELPER_NAME = /^[A-Za-z0-9][\w.-]*$/;
/** The username of a secret that is an identity token. docker-credential-helpers */
const TOKEN_USER = '<token>';

export function openCredentialStore(env: Readonly<Record<string, string | undefined>>): CredentialStore {
  const file = openDockerConfig(env);
  return {
    async find(host) {
      const config = file.read();
      const helper = findHelper(config, host);
      if (helper !== undefined) return await readFromHelper(helper, keyOf(host));
      return findEntry(config, host);
    },
    async findUser(host) {
      const config = file.read();
      const helper = findHelper(config, host);
      const found = helper === undefined ? undefined : await readFromHelper(helper, keyOf(host));
      if (found?.kind === 'password') return found.username;
      const entry = findAuth(config, host);
      return entry === undefined ? undefined : parseAuthEntry(entry).username || undefined;
    },
    async save(host, username, credentials) {
      const key = keyOf(host);
      const helper = findHelper(file.read(), host);
      if (helper === undefined) {
        file.change((config) => withEntry(config, key, toEntry(username, credentials)));
        return file.path;
      }
      const isToken = credentials.kind === 'identity-token';
      const secret = isToken ? credentials.token : credentials.password;
      await runHelper(
        helper,
        'store',
        JSON.stringify({ ServerURL: key, Username: isToken ? TOKEN_USER : username, Secret: secret }),
      );
      // Other programs read from the entry that there is something.
      file.change((config) => withEntry(config, key, {}));
      return undefined;
    },
    async remove(host) {
      const config = file.read();
      const auths = toObject(config['auths']);
      const keys = Object.keys(auths).filter((key) => isSameHost(key, host));
      const helper = findHelper(config, host);
      if (helper !== undefined) await runHelper(helper, 'erase', keyOf(host)).catch(ignoreNotFound);
      if (keys.length === 0) return helper !== undefined;
      file.change((current) => ({
        ...current,
        auths: Object.fromEntries(Object.entries(toObject(current['auths'])).filter(([key]) => !keys.includes(key))),
      }));
      return true;
    },
  };
}

function keyOf(host: string): string {
  return HUB_HOSTS.includes(host) ? HUB_KEY : host;
}

/** A key may be an address of old: only its host counts. */
function isSameHost(key: string, host: string): boolean {
  const named = key.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  return keyOf(named) === keyOf(host);
}

/** `credHelpers` of this host before `credsStore` of all. */
function findHelper(config: JsonObject, host: string): string | undefined {
  const helpers = toObject(config['credHelpers']);
  const name = toText(helpers[keyOf(host)]) || toText(helpers[host]) || toText(config['credsStore']);
  if (name === '') return undefined;
  if (!HELPER_NAME.test(name))
    throw new EngineError('invalid-argument', `invalid name of a credential helper: "${name}"`);
  return `docker-credential-${name}`;
}

function findEntry(config: JsonObject, host: string): RegistryCredentials | undefined {
  const entry = findAuth(config, host);
  if (entry === undefined) return undefined;
  const { username, password, identityToken } = parseAuthEntry(entry);
  if (identityToken !== '') return { kind: 'identity-token', token: identityToken };
  return username === '' ? undefined : { kind: 'password', username, password };
}

function findAuth(config: JsonObject, host: string): unknown {
  const auths = toObject(config['auths']);
  const key = Object.hasOwn(auths, keyOf(host)) ? keyOf(host) : Object.keys(auths).find((one) => isSameHost(one, host));
  return key === undefined ? undefined : auths[key];
}

async function readFromHelper(helper: string, key: string): Promise<RegistryCredentials | undefined> {
  const answer = await runHelper(helper, 'get', key).catch(ignoreNotFound);
  if (answer === undefined) return undefined;
  const fields = toObject(parseJson(Buffer.from(answer), `the answer of ${helper}`));
  const [username, secret] = [toText(fields['Username']), toText(fields['Secret'])];
  if (username === TOKEN_USER) return { kind: 'identity-token', token: secret };
  return username === '' ? undefined : { kind: 'password', username, password: secret };
}

class HelperError extends EngineError {
  readonly isNotFound: boolean;

  constructor(helper: string, verb: string, text: string) {
    super('unavailable', `error ${verb === 'get' ? 'getting' : 'storing'} credentials with ${helper}: ${text}`);
    this.isNotFound = /credentials not found/i.test(text);
  }
}

/** A helper reads its input from stdin, writes to stdout, and says there too what went wrong. It never sees a secret as an argument. */
async function runHelper(helper: string, verb: 'get' | 'store' | 'erase', input: string): Promise<string> {
  const outcome = await runProgram(helper, [verb], { input }).catch((error: unknown) => {
    throw new EngineError('unavailable', `error getting credentials: ${helper} cannot be started`, { cause: error });
  });
  if (outcome.exitCode !== 0) throw new HelperError(helper, verb, outcome.stdout.trim().slice(0, 500));
  return outcome.stdout;
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof HelperError && error.isNotFound) return undefined;
  throw error;
}

function toEntry(username: string, credentials: RegistryCredentials): JsonObject {
  if (credentials.kind === 'identity-token') {
    return { auth: Buffer.from(`${username}:`).toString('base64'), identitytoken: credentials.token };
  }
  return { auth: Buffer.from(`${username}:${credentials.password}`).toString('base64') };
}

function withEntry(config: JsonObject, key: string, entry: JsonObject): JsonObject {
  return { ...config, auths: { ...toObject(config['auths']), [key]: entry } };
}
