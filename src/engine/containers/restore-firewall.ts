import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { NetworkStray } from '../../model/network.js';
import { isFirewallMissing } from '../networks/firewall.js';
import type { NetlinkRequest } from '../networks/netlink/request.js';
import { closePorts, openPorts, publishPorts, withdrawPorts } from '../networks/port-requests.js';
import { toRunInput } from './connect-networks.js';
import type { ContainerParts, NetworkedParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { listPlaces } from './endpoints.js';
import { announceNames } from './network-names.js';
import { toOpenedPorts, toPublishedPorts } from './network-run.js';
import { listOpenedPorts } from './opened-ports.js';

type PublishParts = Pick<NetworkedParts, 'store' | 'paths' | 'networks'>;

/**
 * True where a start has failed since others have taken the firewall away, and can be tried again. Rejects: unavailable, RoleFailure.
 */
export async function makeReady(
  { networks, paths }: ContainerParts,
  record: ContainerRecord,
  failure: Parameters<typeof isFirewallMissing>[0],
): Promise<boolean> {
  if (!isFirewallMissing(failure)) return false;
  const opened = await networks.open();
  await opened.links.rewrite();
  // The monitor has taken the names with it.
  announceNames(paths, record, listPlaces(opened, record.networks));
  return true;
}

/** The rules, where others have taken them away; without `preview` they are there again. Rejects: unavailable, RoleFailure. */
export async function checkFirewall(
  { networks }: Pick<ContainerParts, 'networks'>,
  { preview = false }: { readonly preview?: boolean } = {},
): Promise<readonly NetworkStray[]> {
  const { firewall, table, links } = await networks.open();
  if (await firewall.isThere()) return [];
  if (!preview) await links.rewrite();
  return [{ name: `firewall ${table}`, reason: 'others have removed it', isMissing: true }];
}

/** Puts the ports of all containers that run into the firewall; doing it twice changes nothing. Rejects: RoleFailure. */
export async function publishRunning(parts: PublishParts): Promise<void> {
  const { firewall, send, table } = parts.networks;
  if (firewall.backend() !== 'nftables') return;
  const running = listPublishing(parts);
  await send(
    running
      .flatMap((record) => listRequests(parts, record))
      .flatMap(({ place, messages }) => (place === 'filter' ? [{ place, messages }] : [])),
  );
  // Whoever has ended meanwhile has taken its ports back before they were there.
  const kept = new Set(listPublishing(parts).map(({ id }) => id));
  const ended = running.filter(({ id }) => !kept.has(id));
  await send(
    ended.flatMap((record) => [
      ...withdrawPorts(table, record.publishedPorts ?? []),
      ...closePorts(table, listOpenedPorts(record)),
    ]),
  );
}

function listPublishing({ store }: PublishParts): readonly ContainerRecord[] {
  return store
    .list({ all: true })
    .filter(
      (record) =>
        isActive(record.state) && ((record.publishedPorts ?? []).length > 0 || listOpenedPorts(record).length > 0),
    );
}

/** None where an interface of its networks has gone: nothing leads there. */
function listRequests(parts: PublishParts, record: ContainerRecord): readonly NetlinkRequest[] {
  const { table } = parts.networks;
  try {
    const input = toRunInput(parts, record, listPlaces(parts.networks, record.networks));
    return [...publishPorts(table, toPublishedPorts(input)), ...openPorts(table, toOpenedPorts(input))];
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
