import { existsSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { NetworkId } from '../../model/ids.js';
import type { AddressPool, Network, NetworkConfig, NetworkDriver } from '../../model/network.js';
import { isPredefinedName } from '../../model/network-names.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { randomHex } from '../../platform/random.js';
import type { CreatedNetwork } from '../engine.js';
import { checkPools } from './check-pools.js';
import { checkConfiguration, keepConfiguration, takeConfiguration } from './configuration-network.js';
import { checkDriverOptions, readEnabled } from './driver-options.js';
import { insertNetwork, refuseTakenName, removeRow } from './insert-network.js';
import type { NetworkParts } from './network-parts.js';

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/;
const MAX_NAME_LENGTH = 255;

/**
 * Writes the row with the addresses that are kept back and the event `create`, then makes the network on the host; where that fails,
 * takes the row back. Throws what engine.ts says.
 */
export async function createNetwork(parts: NetworkParts, config: NetworkConfig): Promise<CreatedNetwork> {
  checkName(parts, config.name);
  checkConfiguration(config);
  if (config.configOnly === true) return keepConfiguration(parts, config);
  if (config.configFrom !== undefined)
    return await makeNetwork(parts, takeConfiguration(parts, config, config.configFrom), config.configFrom);
  return await makeNetwork(parts, config);
}

async function makeNetwork(parts: NetworkParts, config: NetworkConfig, configFrom?: string): Promise<CreatedNetwork> {
  checkScope(config);
  const driver = checkDriver(config);
  checkDriverOptions(driver, config);
  const options = config.options ?? {};
  const { enableIpv4 = readEnabled(options, 4) ?? true, enableIpv6 = readEnabled(options, 6) ?? false } = config;
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
    options,
    ipamOptions: config.ipamOptions ?? {},
    labels: config.labels ?? {},
    createdAtMs: parts.clock.nowMs(),
    configFrom,
  });
  const named = { ...draft, ...nameInterface(draft) };
  refuseOtherInterface(named);
  const network = insertNetwork(parts, named);
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
  if (name.trim() === '') throw new EngineError('invalid-argument', 'invalid name: name is empty');
  if (isPredefinedName(name)) {
    throw new EngineError('permission-denied', `operation is not permitted on predefined ${name} network`);
  }
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    const rule = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, and at most 255 characters';
    throw new EngineError('invalid-argument', `invalid network name: "${name}": ${rule}`);
  }
  refuseTakenName(parts, name);
}

/** Swarm's, in Docker's words. */
function checkScope({ scope = '' }: NetworkConfig): void {
  if (scope === '' || scope === 'local') return;
  if (scope === 'swarm') {
    throw new EngineError('permission-denied', 'cannot create a swarm scoped network when swarm is not active');
  }
  throw new EngineError('permission-denied', `This node is not a swarm manager: no scope "${scope}"`);
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
      throw new EngineError('permission-denied', 'This node is not a swarm manager: the overlay driver needs Swarm');
    default:
      throw new EngineError('not-found', `plugin "${driver}" not found`);
  }
}

/** Docker has its bridge be one that is there; an interface of another kind it refuses, in these words. */
function refuseOtherInterface({ driver, interfaceName = '' }: Network): void {
  const folder = `/sys/class/net/${interfaceName}`;
  if (driver !== 'bridge' || !existsSync(folder) || existsSync(`${folder}/bridge`)) return;
  throw new EngineError('conflict', `existing interface ${interfaceName} is not a bridge`);
}

/** What the network is on the host: Docker's names. */
function nameInterface({ id, driver, options }: Network): Pick<Network, 'interfaceName'> {
  const short = id.slice(0, 12);
  if (driver === 'bridge') {
    return { interfaceName: options['com.docker.network.bridge.name'] || `br-${short}` };
  }
  return { interfaceName: options['parent'] || `${driver === 'macvlan' ? 'dm' : 'di'}-${short}` };
}
