import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOST_FOLDER } from './host-forwarding.js';

/** Which subnets engines of this host, with whatever state root, have taken; it ends with the host's boot. */
export interface HostClaims {
  /** True where it is the interface's own from now on, or was already. */
  take(subnet: string, interfaceName: string): boolean;
  /** What is another's stays. */
  release(subnet: string, interfaceName: string): void;
}

/** A claim whose interface is not there may be of a process that is about to make it; for as long it counts, ms. */
const UNUSED_LIMIT_MS = 30_000;

/** A file for each subnet, with the interface's name in it. */
export function openHostClaims(nowMs: () => number, folder: string = HOST_FOLDER): HostClaims {
  const pathOf = (subnet: string) => join(folder, `subnet-${subnet.replace('/', '_')}`);
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
      const { owner, atMs } = readClaim(path);
      if (owner === interfaceName) return true;
      if (existsSync(`/sys/class/net/${owner}`) || nowMs() - atMs < UNUSED_LIMIT_MS) return false;
      rmSync(path, { force: true });
      return make(path, interfaceName);
    },
    release: (subnet, interfaceName) => {
      const path = pathOf(subnet);
      if (readClaim(path).owner === interfaceName) rmSync(path, { force: true });
    },
  };
}

function readClaim(path: string): { readonly owner: string; readonly atMs: number } {
  try {
    const [owner = '', atMs = '0'] = readFileSync(path, 'utf8').split(' ');
    return { owner, atMs: Number(atMs) };
  } catch {
    return { owner: '', atMs: 0 };
  }
}
