import type { NetworkId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import { DEFAULT_NETWORK } from '../../model/network-names.js';
import { hashForName } from '../../platform/name-hash.js';
import { randomHex } from '../../platform/random.js';
import { insertNetwork } from './insert-network.js';
import type { NetworkParts } from './network-parts.js';

/** The row of the default network, written at the first need. Throws invalid-argument (no address pool is free). */
export function ensureDefaultNetwork(parts: NetworkParts): Network {
  const name = DEFAULT_NETWORK;
  return parts.database.transaction(
    () =>
      parts.store.findByName(name) ??
      insertNetwork(parts, {
        id: randomHex(32) as NetworkId,
        name,
        driver: 'bridge',
        pools: [],
        ...{ enableIpv4: true, enableIpv6: false, internal: false, attachable: false },
        options: {
          'com.docker.network.bridge.default_bridge': 'true',
          'com.docker.network.bridge.enable_icc': 'true',
          'com.docker.network.bridge.enable_ip_masquerade': 'true',
          'com.docker.network.bridge.host_binding_ipv4': '0.0.0.0',
          'com.docker.network.bridge.name': defaultBridgeOf(parts.root),
          'com.docker.network.driver.mtu': '1500',
        },
        ipamOptions: {},
        labels: {},
        createdAtMs: parts.clock.nowMs(),
        interfaceName: defaultBridgeOf(parts.root),
      }),
  );
}

/** `default` is the default network; else as the store. Throws not-found, invalid-argument. */
export function resolveNetwork(parts: NetworkParts, ref: string): Network {
  if (ref === 'default' || ref === DEFAULT_NETWORK) return ensureDefaultNetwork(parts);
  return parts.store.resolve(ref);
}

/** Engines with different roots must not share a bridge. */
function defaultBridgeOf(root: string): string {
  if (root === '/var/lib/gantry') return 'gantry0';
  return `gantry-${hashForName(root, 7)}`;
}
