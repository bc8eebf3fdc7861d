import { existsSync } from 'node:fs';
import type { Database } from '../../platform/database.js';
import { DEFAULT_NETWORK } from './predefined-names.js';

/** Gives back all addresses of a container, and the ports of the host that lead to it. Apart from what takes them, which `ps` does not load. */
export function releaseAddresses(database: Database, containerId: string): void {
  database.run('DELETE FROM endpoint_addresses WHERE container_id = ?', containerId);
  database.run('DELETE FROM published_ports WHERE container_id = ?', containerId);
}

/** The driver in Docker's words; empty where the network is gone. */
export function readNetworkDriver(database: Database, id: string): string {
  const row = database.get(`SELECT document ->> '$.driver' AS driver FROM networks WHERE id = ?`, id);
  return String(row?.['driver'] ?? FIXED_DRIVERS[id] ?? '');
}

const FIXED_DRIVERS: Readonly<Record<string, string>> = { ['1'.repeat(64)]: 'host', ['0'.repeat(64)]: 'null' };

/** True while the host has the interface of the default network. */
export function isDefaultNetworkUp(database: Database): boolean {
  const row = database.get(
    `SELECT document ->> '$.interfaceName' AS name FROM networks WHERE name = ?`,
    DEFAULT_NETWORK,
  );
  return row !== undefined && existsSync(`/sys/class/net/${String(row['name'])}`);
}
