import { BlockList, isIP } from 'node:net';
import { join } from 'node:path';
import { EngineError, messageOf } from '../../../model/errors.js';
import { parseJson, toList, toObject, toText } from '../../../model/json-values.js';
import { omitUndefined } from '../../../model/omit-undefined.js';
import { parseInsecure, parseMirror } from '../../../model/registry-address.js';
import type { RegistryChoices } from '../../../model/service-settings.js';
import { readConfigFile } from './config-file.js';

/** How registries are reached. The names in the file are those of dockerd's daemon.json. */
export interface RegistrySettings {
  /** Base addresses that are asked before Docker Hub: `registry-mirrors`. */
  readonly mirrors: readonly string[];
  /** `insecure-registries`: `host`, `host:port`, or a CIDR range. Loopback is always among them. */
  readonly insecure: readonly string[];
  /** Folders with a folder for each `host:port` that has certificates of its own; the first that has one counts. */
  readonly certificateFolders: readonly string[];
  /** Layers of one image at a time: `max-concurrent-downloads` and `max-concurrent-uploads`. */
  readonly maxDownloads: number;
  readonly maxUploads: number;
  /** Tries of one request, the first among them: `max-download-attempts`. */
  readonly maxAttempts: number;
  /** Wait before the second try; it grows threefold with each, and with chance. */
  readonly retryDelayMs: number;
  /** Layers above this are sent in pieces of this size; absent: each in one piece. `upload-chunk-size`, bytes. */
  readonly uploadChunkBytes?: number;
  /** HTTP_PROXY, HTTPS_PROXY and NO_PROXY, in either case. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

export const DEFAULT_REGISTRY_SETTINGS: RegistrySettings = {
  mirrors: [],
  insecure: [],
  certificateFolders: [],
  maxDownloads: 3,
  maxUploads: 5,
  maxAttempts: 5,
  retryDelayMs: 200,
  env: {},
};

/**
 * What was chosen, else what `$GANTRY_CONFIG/daemon.json` says (/etc/gantry by default) or, where there is none, /etc/docker/daemon.json, of
 * which only what is about registries counts. Throws: invalid-argument.
 */
export function readRegistrySettings(env: RegistrySettings['env'], choices?: RegistryChoices): RegistrySettings {
  const folders = [env['GANTRY_CONFIG'] || '/etc/gantry', '/etc/docker'];
  const certificateFolders = folders.map((folder) => join(folder, 'certs.d'));
  if (choices !== undefined) return { ...DEFAULT_REGISTRY_SETTINGS, ...choices, certificateFolders, env };
  for (const folder of folders) {
    const path = join(folder, 'daemon.json');
    const bytes = readConfigFile(path);
    if (bytes === undefined) continue;
    return { ...DEFAULT_REGISTRY_SETTINGS, ...parseSettings(bytes, path), certificateFolders, env };
  }
  return { ...DEFAULT_REGISTRY_SETTINGS, certificateFolders, env };
}

/** True if `host` (`name`, `name:port` or `[address]:port`) may be spoken to without a certificate that holds, or without TLS. */
export function isInsecureHost(host: string, settings: Pick<RegistrySettings, 'insecure'>): boolean {
  const name = host.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
  if (name === 'localhost' || settings.insecure.includes(host) || settings.insecure.includes(name)) return true;
  const family = isIP(name);
  if (family === 0) return false;
  const ranges = new BlockList();
  for (const range of ['127.0.0.0/8', '::1/128', ...settings.insecure]) addRange(ranges, range);
  return ranges.check(name, family === 6 ? 'ipv6' : 'ipv4');
}

function addRange(ranges: BlockList, text: string): void {
  const [address = '', bits = ''] = text.split('/');
  const family = isIP(address);
  if (family !== 0 && /^\d+$/.test(bits)) ranges.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
}

function parseSettings(bytes: Buffer, path: string): RegistryChoices {
  const document = toObject(parseJson(bytes, path));
  const positive = (key: string): number | undefined => {
    const value = document[key];
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    throw new EngineError('invalid-argument', `${path}: "${key}" must be a whole number above 0`);
  };
  const texts = (key: string) => toList(document[key]).map(toText).filter(Boolean);
  const found = {
    maxDownloads: positive('max-concurrent-downloads'),
    maxUploads: positive('max-concurrent-uploads'),
    maxAttempts: positive('max-download-attempts'),
    uploadChunkBytes: positive('upload-chunk-size'),
  };
  return {
    mirrors: texts('registry-mirrors').map((text) => checkMirror(text, path)),
    insecure: texts('insecure-registries').map(parseInsecure),
    ...omitUndefined(found),
  };
}

function checkMirror(text: string, path: string): string {
  try {
    return parseMirror(text);
  } catch (cause) {
    throw new EngineError('invalid-argument', `${path}: ${messageOf(cause)}`, { cause });
  }
}
