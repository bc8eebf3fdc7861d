import { EngineError } from '../../model/errors.js';
import type { NetworkId } from '../../model/ids.js';
import type { AddressPool, Network, NetworkConfig, NetworkDriver } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { randomHex } from '../../platform/random.js';
import type { CreatedNetwork } from '../engine.js';
import { checkPools } from './check-pools.js';
import { checkDriverOptions } from './driver-options.js';
import { insertNetwork, refuseTakenName, removeRow } from './insert-network.js';
import type { NetworkParts } from './network-parts.js';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MAX_NAME_LENGTH = 255;

/**
 * Writes the row with the addresses that are kept back and the event `create`, then makes the network on the host; where that fails,
 * takes the row back. Throws invalid-argument, conflict, permission-denied, not-found, unavailable; engine.ts says when.
 */
export async function createNetwork(parts: NetworkParts, config: NetworkConfig): Promise<CreatedNetwork> {
  checkName(parts, config.name);
  const driver = checkDriver(config);
  checkDriverOptions(driver, config.options ?? {});
  const { enableIpv4 = true, enableIpv6 = false } = config;
  if (!enableIpv4 && !enableIpv6) throw new EngineError('invalid-argument', 'IPv4 or IPv6 must be enabled');
  const isEnabled = ({ subnet = '' }: Partial<AddressPool>) => (subnet.includes(':') ? enableIpv6 : enableIpv4);
  const pools = checkPools((config.pools ?? []).filter(isEnabled));
  const unused = (config.pools ?? []).filter((pool) => !isEnabled(pool));
  const draft: Network = omitUndefined({
    id: randomHex(32) as NetworkId,
    name: config.name,
    driver,
    pools,
    ...{ enableIpv4, enableIpv6, internal: config.internal ?? false, attachable: config.attachable ?? false },
    options: config.options ?? {},
    ipamOptions: config.ipamOptions ?? {},
    labels: config.labels ?? {},
    createdAtMs: parts.clock.nowMs(),
  });
  const network = insertNetwork(parts, { ...draft, ...nameInterface(draft) });
  try {
    await parts.links.up(network);
  } catch (error) {
    removeRow(parts, network);
    throw error;
  }
  const warnings = unused.map(({ subnet = '' }) => {
    const version = subnet.includes(':') ? 6 : 4;
    return `subnet ${subnet} is not used: the network has no IPv${version}, use --ipv${version}`;
  });
  return { id: network.id, warnings };
}

function checkName(parts: NetworkParts, name: string): void {
  if (name.trim() === '') throw new EngineError('invalid-argument', 'invalid network name: name is empty');
  if (isPredefinedName(name)) {
    throw new EngineError('permission-denied', `operation is not permitted on predefined ${name} network`);
  }
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    const rule = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, and at most 255 characters';
    throw new EngineError('invalid-argument', `invalid network name: "${name}": ${rule}`);
  }
  refuseTakenName(parts, name);
}

function checkDriver({ driver = 'bridge', ipamDriver = 'default' }: NetworkConfig): NetworkDriver {
  if (!['', 'default', 'null'].includes(ipamDriver)) {
    throw new EngineError('not-found', `plugin "${ipamDriver}" not found`);
  }
  if (ipamDriver === 'null') throw new EngineError('invalid-argument', 'ipv4 pool is empty');
  switch (driver) {
    case '':
    case 'bridge':
      return 'bridge';
    case 'macvlan':
    case 'ipvlan':
      return driver;
    case 'host':
    case 'null':
      throw new EngineError('permission-denied', `only one instance of "${driver}" network is allowed`);
    case 'overlay':
      throw new EngineError('unavailable', 'This node is not a swarm manager: the overlay driver needs Swarm');
    default:
      throw new EngineError('not-found', `plugin "${driver}" not found`);
  }
}

/** What the network is on the host: Docker's names. */
function nameInterface({ id, driver, options }: Network): Pick<Network, 'interfaceName'> {
  const short = id.slice(0, 12);
  if (driver === 'bridge') {
    return { interfaceName: options['com.docker.network.bridge.name'] || `br-${short}` };
  }
  return { interfaceName: options['parent'] || `${driver === 'macvlan' ? 'dm' : 'di'}-${short}` };
}
