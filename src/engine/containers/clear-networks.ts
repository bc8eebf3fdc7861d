import type { BoundPort } from '../../model/container-config.js';
import { removeNames } from '../networks/name-files.js';
import { withdrawPorts } from '../networks/port-requests.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

/** What a monitor does at its end, done in its place: nobody finds the container any more, and nothing of the firewall leads to it. */
export async function clearNetworks(
  parts: Pick<ContainerParts, 'networks' | 'paths' | 'store'>,
  record: ContainerRecord,
): Promise<void> {
  withdrawNames(parts, record);
  const { lastPorts = [], publishedPorts = lastPorts } = record;
  if (publishedPorts.length === 0) return;
  const { table, send, firewall } = await parts.networks.open();
  if (firewall.backend() !== 'nftables') return;
  // Since it has ended others may have got them.
  const others = parts.store
    .list({ all: true })
    .flatMap(({ id, publishedPorts: own = [] }) => (id === record.id ? [] : own));
  const left = publishedPorts.filter((port) => !others.some((other) => isSamePlace(port, other)));
  await send(withdrawPorts(table, left));
}

function isSamePlace(one: BoundPort, other: BoundPort): boolean {
  return one.protocol === other.protocol && one.hostPort === other.hostPort && one.hostIp === other.hostIp;
}

export function withdrawNames(
  { paths }: Pick<ContainerParts, 'paths'>,
  { id, networks }: Pick<ContainerRecord, 'id' | 'networks'>,
): void {
  for (const { networkId } of networks) if (networkId !== '') removeNames(paths.names, networkId, id);
}
