import { isActive } from '../../model/container-state.js';
import { EngineError } from '../../model/errors.js';
import type { NetworkStray } from '../../model/network.js';
import { isFirewallMissing } from '../networks/firewall.js';
import { type PublishedPort, publishPorts, withdrawPorts } from '../networks/port-requests.js';
import { toRunInput } from './connect-networks.js';
import type { ContainerParts, NetworkedParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { listPlaces } from './endpoints.js';
import { announceNames } from './network-names.js';
import { toPublishedPorts } from './network-run.js';

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
      .flatMap((record) => publishPorts(table, listPorts(parts, record)))
      .flatMap(({ place, messages }) => (place === 'filter' ? [{ place, messages }] : [])),
  );
  // Whoever has ended meanwhile has taken its ports back before they were there.
  const kept = new Set(listPublishing(parts).map(({ id }) => id));
  const ended = running.filter(({ id }) => !kept.has(id));
  await send(ended.flatMap(({ publishedPorts = [] }) => withdrawPorts(table, publishedPorts)));
}

function listPublishing({ store }: PublishParts): readonly ContainerRecord[] {
  return store
    .list({ all: true })
    .filter(({ state, publishedPorts = [] }) => isActive(state) && publishedPorts.length > 0);
}

/** None where an interface of its networks has gone: nothing leads there. */
function listPorts(parts: PublishParts, record: ContainerRecord): readonly PublishedPort[] {
  try {
    return toPublishedPorts(toRunInput(parts, record, listPlaces(parts.networks, record.networks)));
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
