import { existsSync, readFileSync } from 'node:fs';
import type { NetworkId } from '../../model/ids.js';

/** What the kernel tells of the host's interfaces. */
const INTERFACES = '/sys/class/net';

export function isInterfaceThere(name: string): boolean {
  return existsSync(`${INTERFACES}/${name}`);
}

/** Throws ENOENT. */
export function readHostInterfaceIndex(name: string): number {
  return Number(readFileSync(`${INTERFACES}/${name}/ifindex`, 'utf8'));
}

/** What it is called beside its name; empty where it is not there or has none. */
export function readInterfaceAlias(name: string): string {
  try {
    return readFileSync(`${INTERFACES}/${name}/ifalias`, 'utf8').trimEnd();
  } catch {
    // It is not there, or has gone meanwhile.
    return '';
  }
}

/** By which an interface is known as a network's: the table of its state root and its id. */
export function toInterfaceAlias(table: string, id: NetworkId): string {
  return `${table} ${id}`;
}
