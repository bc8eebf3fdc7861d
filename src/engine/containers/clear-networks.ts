import { removeNames } from '../networks/name-files.js';
import { withdrawPorts } from '../networks/port-requests.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

/** What a monitor does at its end, done in its place: nobody finds the container any more, and nothing of the firewall leads to it. */
export async function clearNetworks(
  parts: Pick<ContainerParts, 'networks' | 'paths'>,
  record: ContainerRecord,
): Promise<void> {
  withdrawNames(parts, record);
  const { publishedPorts = [] } = record;
  if (publishedPorts.length === 0) return;
  const { table, send, firewall } = await parts.networks.open();
  if (firewall.backend() === 'nftables') await send(withdrawPorts(table, publishedPorts));
}

export function withdrawNames(
  { paths }: Pick<ContainerParts, 'paths'>,
  { id, networks }: Pick<ContainerRecord, 'id' | 'networks'>,
): void {
  for (const { networkId } of networks) if (networkId !== '') removeNames(paths.names, networkId, id);
}
