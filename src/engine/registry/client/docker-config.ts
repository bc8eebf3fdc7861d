import { mkdirSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { type JsonObject, parseJson, toObject, toText } from '../../../model/json-values.js';
import { randomHex } from '../../../platform/random.js';
import { readConfigFile } from './config-file.js';

/** `config.json` of Docker's command line, which every program that pulls knows. Fields that are not understood stay. */
export interface DockerConfig {
  readonly path: string;
  /** The whole file; empty where there is none. Throws: invalid-argument. */
  read(): JsonObject;
  /** Reads, changes and writes the file, mode 0600, by a rename. Throws what the file system says. */
  change(change: (config: JsonObject) => JsonObject): void;
}

/** In `$DOCKER_CONFIG`, or `~/.docker`. */
export function openDockerConfig(env: Readonly<Record<string, string | undefined>>): DockerConfig {
  const folder = env['DOCKER_CONFIG'] || join(env['HOME'] || homedir(), '.docker');
  const path = join(folder, 'config.json');
  const read = (): JsonObject => {
    const bytes = readConfigFile(path);
    return bytes === undefined || bytes.length === 0 ? {} : toObject(parseJson(bytes, `the file ${path}`));
  };
  return {
    path,
    read,
    change(change) {
      const next = `${JSON.stringify(change(read()), undefined, '\t')}\n`;
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      // A link stays a link: people keep the file elsewhere.
      const target = resolveLink(path);
      const temporary = join(dirname(target), `.config-${randomHex(8)}.json`);
      try {
        writeFileSync(temporary, next, { mode: 0o600, flag: 'wx' });
        renameSync(temporary, target);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw error;
      }
    },
  };
}

/** One entry of `auths`. The text is base64 of `name:password`; a password may have colons. */
export function parseAuthEntry(entry: unknown): { username: string; password: string; identityToken: string } {
  const fields = toObject(entry);
  const decoded = Buffer.from(toText(fields['auth']), 'base64').toString('utf8').replace(/\0+$/, '');
  const colon = decoded.indexOf(':');
  return {
    username: colon < 0 ? toText(fields['username']) : decoded.slice(0, colon),
    password: colon < 0 ? toText(fields['password']) : decoded.slice(colon + 1),
    identityToken: toText(fields['identitytoken']),
  };
}

function resolveLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // There is no file yet.
    return path;
  }
}
