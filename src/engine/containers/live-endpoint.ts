import { rmSync, writeFileSync } from 'node:fs';
import type { ContainerEndpoint } from '../../model/container.js';
import { withdrawNames } from './clear-networks.js';
import { toRunInput, withNetworks } from './connect-networks.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { listPlaces } from './endpoints.js';
import { rewriteGeneratedFiles } from './generated-files.js';
import { commandMonitor } from './monitor-commands.js';
import { announceNames } from './network-names.js';
import { compileNetworkChange } from './network-run.js';

/** Gives a running container the interface of an endpoint that its row has already; the network is up. Rejects: conflict, internal. */
export async function plugLive(
  parts: ContainerParts,
  record: ContainerRecord,
  endpoint: ContainerEndpoint,
): Promise<void> {
  try {
    await changeNetworks(parts, withoutEndpoint(record, endpoint), record);
  } catch (error) {
    // The kernel may have refused the last of it: an interface that is inside already goes.
    await unplugLive(parts, record, endpoint).catch(() => undefined);
    throw error;
  }
}

/** Takes the interface of an endpoint that its row still has away from a running container. Rejects: conflict, internal. */
export async function unplugLive(
  parts: ContainerParts,
  record: ContainerRecord,
  endpoint: ContainerEndpoint,
): Promise<void> {
  await changeNetworks(parts, record, withoutEndpoint(record, endpoint));
}

function withoutEndpoint(record: ContainerRecord, { endpointId }: ContainerEndpoint): ContainerRecord {
  return { ...record, networks: record.networks.filter((other) => other.endpointId !== endpointId) };
}

/** The monitor reads the file when it is told to; a container that ends meanwhile needs nothing any more. */
async function changeNetworks(given: ContainerParts, before: ContainerRecord, after: ContainerRecord): Promise<void> {
  const parts = await withNetworks(given);
  await (await import('./restore-firewall.js')).checkFirewall(given);
  const path = parts.paths.networkChange(after.id);
  const places = listPlaces(parts.networks, after.networks);
  const earlier = toRunInput(parts, before, listPlaces(parts.networks, before.networks));
  const change = compileNetworkChange(earlier, toRunInput(parts, after, places), path);
  try {
    writeFileSync(path, change, { mode: 0o600 });
    await commandMonitor(given, after, (monitor) => monitor.changeNetworks());
    withdrawNames(parts, before);
    announceNames(parts.paths, after, places);
    await rewriteGeneratedFiles(given, before, after);
  } finally {
    rmSync(path, { force: true });
  }
}
