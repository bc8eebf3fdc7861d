import { existsSync } from 'node:fs';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import type { Database } from '../../platform/database.js';

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

/** True where the host has the interface of the default network, and no container has the network. */
export function isDefaultNetworkIdle(database: Database): boolean {
  const row = database.get(
    `SELECT document ->> '$.interfaceName' AS name FROM networks WHERE name = ?`,
    DEFAULT_NETWORK,
  );
  return row !== undefined && existsSync(`/sys/class/net/${String(row['name'])}`) && isDefaultNetworkFree(database);
}

/** True where no container has the default network; one whose row cannot be read may. */
export function isDefaultNetworkFree(database: Database): boolean {
  const users = `
    SELECT 1 FROM containers WHERE NOT json_valid(document) OR EXISTS (
      SELECT 1 FROM json_each(CASE WHEN json_valid(document) THEN document ELSE '{}' END, '$.networks')
      WHERE value ->> '$.networkName' = ?
    ) LIMIT 1`;
  return database.get(users, DEFAULT_NETWORK) === undefined;
}
