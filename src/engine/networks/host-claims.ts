import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_FOLDER, type HostFile, readHostFile, readHostFiles, UNFINISHED_LIMIT_MS } from './host-folder.js';

/** Which subnets engines of this host, with whatever state root, have taken; it ends with the host's boot. */
export interface HostClaims {
  /** True where it is the interface's own from now on, or was already. */
  take(subnet: string, interfaceName: string): boolean;
  /** What is another's stays. */
  release(subnet: string, interfaceName: string): void;
  list(): readonly HostClaim[];
}

export interface HostClaim {
  readonly subnet: string;
  /** Empty where who took it was killed before it could say so. */
  readonly interfaceName: string;
  /** Its interface is not there, and nobody is about to make it. */
  readonly isUnused: boolean;
}

/** A file for each subnet, with the interface's name in it. */
export function openHostClaims(nowMs: () => number, folder: string = HOST_FOLDER): HostClaims {
  const pathOf = (subnet: string) => join(folder, `${PREFIX}${subnet.replace('/', '_')}`);
  const isUnused = ({ owner, atMs }: Claim) =>
    (owner === '' || !existsSync(`/sys/class/net/${owner}`)) && nowMs() - atMs >= UNFINISHED_LIMIT_MS;
  const make = (path: string, interfaceName: string): boolean => {
    try {
      writeFileSync(path, `${interfaceName} ${nowMs()}`, { flag: 'wx', mode: 0o600 });
      return true;
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
      throw error;
    }
  };
  return {
    take: (subnet, interfaceName) => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const path = pathOf(subnet);
      if (make(path, interfaceName)) return true;
      const claim = readClaim(path);
      if (claim === undefined) return make(path, interfaceName);
      if (claim.owner === interfaceName) return true;
      if (!isUnused(claim)) return false;
      rmSync(path, { force: true });
      return make(path, interfaceName);
    },
    release: (subnet, interfaceName) => {
      const path = pathOf(subnet);
      if (readClaim(path)?.owner === interfaceName) rmSync(path, { force: true });
    },
    list: () =>
      readHostFiles(folder, PREFIX).map(({ name, ...file }) => {
        const claim = toClaim(file);
        return { subnet: name.replace('_', '/'), interfaceName: claim.owner, isUnused: isUnused(claim) };
      }),
  };
}

const PREFIX = 'subnet-';

interface Claim {
  readonly owner: string;
  readonly atMs: number;
}

/** Undefined where it was released by now. */
function readClaim(path: string): Claim | undefined {
  const file = readHostFile(path);
  return file && toClaim(file);
}

function toClaim({ text, changedAtMs }: HostFile): Claim {
  const [owner = '', atMs = changedAtMs] = text.split(' ');
  return { owner, atMs: Number(atMs) };
}
