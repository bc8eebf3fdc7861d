import { EngineError } from '../../model/errors.js';
import type { NetworkId } from '../../model/ids.js';
import type { Network, NetworkConfig } from '../../model/network.js';
import { randomHex } from '../../platform/random.js';
import type { CreatedNetwork } from '../engine.js';
import { checkPools } from './check-pools.js';
import { refuseTakenName, writeNetwork } from './insert-network.js';
import type { NetworkParts } from './network-parts.js';

/**
 * Networks that are configuration alone (`--config-only`), and those that take theirs from one (`--config-from`). Throws permission-denied,
 * in Docker's words, where both say something.
 */
export function checkConfiguration(config: NetworkConfig): void {
  const { configOnly = false, configFrom, internal = false, attachable = false, scope = '' } = config;
  if (configOnly && (internal || attachable || scope !== '')) {
    refuse(
      'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.',
    );
  }
  if (configFrom === undefined) return;
  if (configOnly) refuse('a configuration network cannot depend on another configuration network');
  if (hasConfiguration(config)) {
    refuse('user specified configurations are not supported if the network depends on a configuration network');
  }
  if (isFilled(config.options)) {
    refuse('network driver options are not supported if the network depends on a configuration network');
  }
}

function hasConfiguration({
  pools = [],
  enableIpv4,
  enableIpv6,
  ipamDriver,
  ipamOptions,
  labels,
}: NetworkConfig): boolean {
  const isDefault = ['', 'default'].includes(ipamDriver ?? '') && enableIpv4 !== false && enableIpv6 !== true;
  return !isDefault || pools.length > 0 || isFilled(ipamOptions) || isFilled(labels);
}

function isFilled(record: Readonly<Record<string, string>> = {}): boolean {
  return Object.keys(record).length > 0;
}

/** The row of one: it has no subnet but what was given, and overlaps nothing. */
export function keepConfiguration(parts: NetworkParts, config: NetworkConfig): CreatedNetwork {
  const {
    name,
    pools = [],
    enableIpv4 = true,
    enableIpv6 = false,
    options = {},
    ipamOptions = {},
    labels = {},
  } = config;
  const network: Network = {
    id: randomHex(32) as NetworkId,
    ...{ name, driver: 'none', pools: checkPools(pools), enableIpv4, enableIpv6, options, ipamOptions, labels },
    ...{ internal: false, attachable: false, configOnly: true, createdAtMs: parts.clock.nowMs() },
  };
  parts.database.transaction(() => {
    refuseTakenName(parts, name);
    writeNetwork(parts, network);
  });
  return { id: network.id, warnings: [] };
}

/** What is asked of a network, with the configuration of another. Throws not-found, in Docker's words. */
export function takeConfiguration({ store }: NetworkParts, config: NetworkConfig, from: string): NetworkConfig {
  const source = store.findByName(from);
  if (source?.configOnly !== true) throw new EngineError('not-found', `configuration network "${from}" does not exist`);
  const { pools, enableIpv4, enableIpv6, options, ipamOptions, labels } = source;
  return { ...config, pools, enableIpv4, enableIpv6, options, ipamOptions, labels };
}

/** Throws permission-denied where others have their configuration from it, in Docker's words. */
export function refuseUsedConfiguration({ store }: NetworkParts, { name, configOnly }: Network): void {
  if (configOnly !== true || !store.list().some(({ configFrom }) => configFrom === name)) return;
  refuse(`configuration network "${name}" is in use`);
}

function refuse(message: string): never {
  throw new EngineError('permission-denied', message);
}
