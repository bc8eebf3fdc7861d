import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sendToHost } from '../../src/engine/isolation/netlink-role.js';
import { type BridgeLinks, createBridgeLinks, type LinkedNetwork } from '../../src/engine/networks/bridge-links.js';
import { createFirewall } from '../../src/engine/networks/firewall.js';
import { openForwarding } from '../../src/engine/networks/host-forwarding.js';
import type { HostRequest } from '../../src/engine/networks/netlink/request.js';
import { createProcessSpawner } from '../../src/platform/process-spawner.js';
import { GANTRY_INIT } from './monitor-process.js';

export interface BridgeWorld {
  readonly table: string;
  readonly links: BridgeLinks;
  /** Networks that a test has made known; each has a bridge while it is up. */
  readonly networks: LinkedNetwork[];
  /** A network of a subnet that nobody else uses, not up yet. */
  readonly addNetwork: (options?: Partial<LinkedNetwork>) => LinkedNetwork;
}

/** Bridges and a firewall table of a test's own; all of it is gone when the test ends. */
export function makeBridgeWorld(test: TestContext): BridgeWorld {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-networks-'));
  const mark = randomBytes(3).toString('hex');
  const table = `gantry_test_${mark}`;
  const networks: LinkedNetwork[] = [];
  const spawner = createProcessSpawner(GANTRY_INIT, folder);
  const send = (requests: readonly HostRequest[]) => sendToHost(spawner, requests);
  const own = join(folder, 'forwarding');
  const links = createBridgeLinks({
    ...{ table, root: folder, send },
    list: () => networks,
    firewall: createFirewall({ table, send, folder: own }),
    forwarding: openForwarding(own),
    publish: () => Promise.resolve(),
  });
  test.after(async () => {
    for (const network of [...networks]) await links.down(network);
    spawner.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    ...{ table, links, networks },
    addNetwork: (options = {}) => {
      const number = networks.length;
      // TEST-NET-3 is nobody's: RFC 5737.
      const subnet = `203.0.113.${number * 32}/27`;
      const network: LinkedNetwork = {
        name: `net${number}`,
        interfaceName: `gt-${mark}-${number}`,
        alias: `gantry test ${mark} ${number}`,
        gateways: [`203.0.113.${number * 32 + 1}/27`],
        subnets: [subnet],
        isInternal: false,
        isMasqueraded: true,
        ...options,
      };
      networks.push(network);
      return network;
    },
  };
}

/** Names of the host's interfaces. */
export function listInterfaces(): readonly string[] {
  return readdirSync('/sys/class/net');
}
