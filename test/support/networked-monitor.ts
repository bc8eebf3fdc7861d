import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { encodePlan, type PlanSetting } from '../../src/engine/isolation/init-plan-encoding.js';
import { toNetlinkSetting } from '../../src/engine/isolation/netlink-role.js';
import type { LinkedNetwork } from '../../src/engine/networks/bridge-links.js';
import { connectEndpoint } from '../../src/engine/networks/endpoint-requests.js';
import { type PublishedPort, publishPorts } from '../../src/engine/networks/port-requests.js';
import { type BridgeWorld, makeBridgeWorld } from './bridge-world.js';
import { type MonitorOptions, startMonitor } from './monitor-process.js';

export const NAMESPACES = ['clone', 'pid', 'mnt', 'net'] as const;

export interface Place {
  readonly world: BridgeWorld;
  readonly network: LinkedNetwork;
  readonly address: string;
  readonly veth: string;
}

/** A monitor whose container is in the network at an address of it. */
export async function startInNetwork(t: TestContext, place: Place, options: MonitorOptions & PortOptions) {
  const plan = await compileNetwork(place, options);
  return startMonitor(t, {
    ...options,
    settings: [...(options.settings ?? [NAMESPACES]), ['network', plan, '/nonexistent']],
  });
}

export interface PortOptions {
  readonly ports?: readonly PublishedPort[];
  /** The monitor carries them, and the firewall knows nothing of them. */
  readonly carried?: readonly PublishedPort[];
}

/** The plan of a place's network, which is up then. */
export async function compileNetwork(
  { world, network, address, veth }: Place,
  options: PortOptions = {},
): Promise<Uint8Array> {
  const bridgeIndex = await world.links.up(network);
  const [gateway = ''] = network.gateways[0]?.split('/') ?? [];
  const requests = [
    ...connectEndpoint({
      name: 'eth0',
      index: 10,
      link: {
        ...{ kind: 'veth', hostName: veth, bridgeName: network.interfaceName, bridgeIndex },
        ...{ macAddress: '02:42:cb:00:71:02', hairpin: options.ports !== undefined, isolated: false },
      },
      addresses: [`${address}/27`],
      defaultRoutes: [{ family: 4, gateway }],
    }),
    ...publishPorts(world.table, options.ports ?? []),
  ];
  const settings: readonly PlanSetting[] = [
    ...(options.ports ?? []).map((port) => toSetting(port, '', '')),
    ...(options.carried ?? []).map((port) => toSetting(port, port.containerAddress, port.containerPort)),
    ...requests.map(toNetlinkSetting),
  ];
  return encodePlan({ settings, operations: [] });
}

function toSetting(
  { protocol, hostIp, hostPort }: PublishedPort,
  ...target: readonly [string, number | string]
): PlanSetting {
  return ['port', protocol, hostIp, hostPort, 'the port', ...target];
}

export function makePlace(t: TestContext): Place {
  const world = makeBridgeWorld(t);
  const veth = `veth${Math.random().toString(16).slice(2, 9)}`;
  return { world, network: world.addNetwork(), address: '203.0.113.2', veth };
}

/** All that the other side says before it ends. */
export async function ask(host: string, port: number): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = '';
    connect({ host, port, timeout: 5_000 })
      .setEncoding('utf8')
      .on('data', (chunk) => (text += chunk))
      .on('end', () => resolve(text))
      .on('timeout', () => reject(new Error(`${host} does not answer`)))
      .on('error', reject);
  });
}
