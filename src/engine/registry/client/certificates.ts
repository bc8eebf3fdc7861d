import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../../model/errors.js';

/** What a host's folder in `certs.d` holds; https://docs.docker.com/engine/security/certificates/ */
export interface HostCertificates {
  /** `*.crt`: authorities that this host's certificate may be signed by, beside the system's. */
  readonly authorities: readonly string[];
  /** `*.cert` with its `*.key`: what this client shows. */
  readonly certificates: readonly string[];
  readonly keys: readonly string[];
}

const NONE: HostCertificates = { authorities: [], certificates: [], keys: [] };

/** Reads `<folder>/<host>` of the first folder that has it. Throws: invalid-argument (a certificate without its key, or unreadable). */
export function readHostCertificates(folders: readonly string[], host: string): HostCertificates {
  for (const parent of folders) {
    const folder = join(parent, host);
    const names = listNames(folder);
    if (names !== undefined) return readFolder(folder, names);
  }
  return NONE;
}

function readFolder(folder: string, names: readonly string[]): HostCertificates {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const pairs = names.filter((name) => name.endsWith('.cert'));
  for (const name of names) checkPair(folder, name, names);
  return {
    authorities: names.filter((name) => name.endsWith('.crt')).map(read),
    certificates: pairs.map(read),
    keys: pairs.map((name) => read(name.replace(/cert$/, 'key'))),
  };
}

function checkPair(folder: string, name: string, names: readonly string[]): void {
  const key = name.replace(/cert$/, 'key');
  if (name.endsWith('.cert') && !names.includes(key)) {
    throw new EngineError(
      'invalid-argument',
      `missing key ${key} for client certificate ${name} in ${folder}. CA certificates must use the extension .crt`,
    );
  }
  const certificate = name.replace(/key$/, 'cert');
  if (name.endsWith('.key') && !names.includes(certificate)) {
    throw new EngineError('invalid-argument', `missing client certificate ${certificate} for key ${name} in ${folder}`);
  }
}

function listNames(folder: string): readonly string[] | undefined {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR'))
      return undefined;
    throw new EngineError('invalid-argument', `cannot read ${folder}: ${String(error)}`, { cause: error });
  }
}
