import type { BoundPort } from '../../model/container-config.js';
import type { OpenedPort } from '../networks/firewall-rules.js';
import { removeNames } from '../networks/name-files.js';
import { closePorts, withdrawPorts } from '../networks/port-requests.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { listOpenedPorts, rewriteNamed } from './opened-ports.js';

/** What a monitor does at its end, done in its place: nobody finds the container any more, and nothing of the firewall leads to it. */
export async function clearNetworks(
  parts: Pick<ContainerParts, 'networks' | 'paths' | 'store'>,
  record: ContainerRecord,
): Promise<void> {
  withdrawNames(parts, record);
  const { lastPorts = [], publishedPorts = lastPorts } = record;
  const opened = listOpened(record);
  if (publishedPorts.length === 0 && opened.length === 0) return;
  const { table, send, firewall } = await parts.networks.open();
  if (firewall.backend() !== 'nftables') return;
  // Since it has ended others may have got them.
  const others = parts.store.list({ all: true }).filter(({ id }) => id !== record.id);
  const [places, addresses] = [others.flatMap((other) => other.publishedPorts ?? []), others.flatMap(listOpenedPorts)];
  await send([
    ...withdrawPorts(
      table,
      publishedPorts.filter((port) => !places.some((other) => isSamePlace(port, other))),
    ),
    ...closePorts(
      table,
      opened.filter((port) => !addresses.some((other) => isSameOpened(port, other))),
    ),
  ]);
}

/** Of one that has been removed. */
export async function closeNamed({ networks }: Pick<ContainerParts, 'networks'>): Promise<void> {
  await rewriteNamed(await networks.open());
}

/** Those that it has, or had in its last run. */
function listOpened(record: ContainerRecord): readonly OpenedPort[] {
  const own = listOpenedPorts(record);
  return own.length > 0 ? own : (record.lastOpened ?? []);
}

function isSameOpened(one: OpenedPort, other: OpenedPort): boolean {
  return one.protocol === other.protocol && one.port === other.port && one.address === other.address;
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
