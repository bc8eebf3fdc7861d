import type { NetworkService } from '../../src/engine/engine.js';
import type { ContainerEndpoint } from '../../src/model/container.js';
import type { NetworkAttachment } from '../../src/model/container-config.js';
import { EngineError } from '../../src/model/errors.js';
import type { ContainerId, NetworkId } from '../../src/model/ids.js';
import { hasAddress, parseCidr, parseIpAddress } from '../../src/model/ip-address.js';
import type { Network } from '../../src/model/network.js';
import { isPredefinedName } from '../../src/model/network-names.js';
import type { FakeContainer } from './fake-container.js';
import type { FakeContainers } from './fake-containers.js';
import { digestOf } from './fake-images.js';

/** What the networks of the fake engine need of the rest. */
export interface FakeNetworkHost {
  readonly containers: Pick<FakeContainers, 'all' | 'find'>;
  nowMs(): number;
  emit(action: string, network: Network, attributes?: Readonly<Record<string, string>>): void;
}

const PLAIN = {
  ...{ pools: [], enableIpv4: true, enableIpv6: false, internal: false, attachable: false },
  ...{ options: {}, ipamOptions: {}, labels: {} },
};

/** Networks in memory: containers that name them have addresses there while they run, the first that are free. */
export class FakeNetworks implements NetworkService {
  readonly #host: FakeNetworkHost;
  readonly #networks: Network[] = (['bridge', 'host', 'none'] as const).map((name) => ({
    id: digestOf(`network ${name}`).slice('sha256:'.length) as NetworkId,
    name,
    driver: name,
    ...PLAIN,
    createdAtMs: 0,
  }));

  constructor(host: FakeNetworkHost) {
    this.#host = host;
  }

  list(): Promise<readonly Network[]> {
    return Promise.resolve(this.#networks.toSorted((a, b) => (a.name < b.name ? -1 : 1)));
  }

  async inspect(ref: string): ReturnType<NetworkService['inspect']> {
    return await Promise.resolve({ ...this.#find(ref), members: [] });
  }

  async create(config: Parameters<NetworkService['create']>[0]): ReturnType<NetworkService['create']> {
    const { name, driver = 'bridge', labels = {}, options = {}, internal = false, pools = [] } = config;
    if (this.#networks.some((network) => network.name === name)) {
      throw new EngineError('conflict', `network with name ${name} already exists`);
    }
    if (!['bridge', 'macvlan', 'ipvlan'].includes(driver)) {
      throw new EngineError('not-found', `could not find plugin ${driver} in v1 plugin registry: plugin not found`);
    }
    const id = digestOf(`network ${name}`).slice('sha256:'.length) as NetworkId;
    const named = pools.flatMap(({ subnet, ...pool }) => (subnet === undefined ? [] : [{ ...pool, subnet }]));
    const asked = { name, labels, options, internal, enableIpv6: config.enableIpv6 === true };
    const made = { ...PLAIN, ...asked, pools: named, id, createdAtMs: this.#host.nowMs() };
    this.#networks.push({ ...made, driver: driver as Network['driver'] });
    this.#host.emit('create', this.#find(id));
    return await Promise.resolve({ id, warnings: [] });
  }

  async remove(ref: string): Promise<void> {
    const network = await Promise.resolve(this.#find(ref));
    const { name } = network;
    if (isPredefinedName(name)) {
      throw new EngineError('permission-denied', `${name} is a pre-defined network and cannot be removed`);
    }
    const running = this.#members(network).filter(({ value }) => value.state.status === 'running');
    if (running.length > 0) {
      const members = running.map(({ value }) => `name:"${value.name}" id:"${value.id.slice(0, 12)}"`).join(', ');
      const message = `error while removing network: network ${name} has active endpoints (${members})`;
      throw new EngineError('permission-denied', message);
    }
    this.#networks.splice(this.#networks.indexOf(network), 1);
    this.#host.emit('destroy', network);
  }

  async connect(ref: string, container: string, attachment: Omit<NetworkAttachment, 'network'> = {}): Promise<void> {
    const network = await Promise.resolve(this.#find(ref));
    const found = this.#host.containers.find(container);
    if (this.#members(network).includes(found)) {
      const message = `endpoint with name ${found.value.name} already exists in network ${network.name}`;
      throw new EngineError('permission-denied', message);
    }
    const endpoint = this.#makeEndpoint(network, found, { ...attachment, network: network.name });
    found.value = { ...found.value, networks: [...found.value.networks, endpoint] };
    this.#host.emit('connect', network, { container: found.value.id });
  }

  async disconnect(ref: string, container: string): Promise<void> {
    const network = await Promise.resolve(this.#find(ref));
    const found = this.#host.containers.find(container);
    if (!this.#members(network).includes(found)) {
      const message = `container ${found.value.id} is not connected to the network ${network.name}`;
      throw new EngineError('permission-denied', message);
    }
    const networks = found.value.networks.filter(({ networkId }) => networkId !== network.id);
    found.value = { ...found.value, networks };
    this.#host.emit('disconnect', network, { container: found.value.id });
  }

  prune({ preview = false }: Parameters<NetworkService['prune']>[0] = {}): ReturnType<NetworkService['prune']> {
    const unused = this.#networks.filter(
      (network) => !isPredefinedName(network.name) && this.#members(network).length === 0,
    );
    for (const network of preview ? [] : unused) {
      this.#networks.splice(this.#networks.indexOf(network), 1);
      this.#host.emit('destroy', network);
    }
    return Promise.resolve({ removed: unused.map(({ name }) => name), reclaimedBytes: 0 });
  }

  check(): ReturnType<NetworkService['check']> {
    return Promise.resolve([]);
  }

  /** The places that a container's configuration names; with addresses while it runs. To be called when its state changes. */
  place(id: ContainerId): void {
    const found = this.#host.containers.find(id);
    const { networks: asked = [] } = found.value.config;
    const here = asked.filter(({ network }) => this.#networks.some(({ name }) => name === network));
    if (here.length === 0) return;
    found.value = { ...found.value, networks: [] };
    for (const attachment of here) {
      const endpoint = this.#makeEndpoint(this.#find(attachment.network), found, attachment);
      found.value = { ...found.value, networks: [...found.value.networks, endpoint] };
    }
  }

  #find(ref: string): Network {
    const found = this.#networks.find(({ name, id }) => name === ref || id.startsWith(ref));
    if (found === undefined) throw new EngineError('not-found', `network ${ref} not found`);
    return found;
  }

  #members({ id }: Network): readonly FakeContainer[] {
    return this.#host.containers.all.filter(({ value }) => value.networks.some(({ networkId }) => networkId === id));
  }

  #makeEndpoint(network: Network, { value }: FakeContainer, attachment: NetworkAttachment): ContainerEndpoint {
    const [pool] = network.pools;
    const subnet = pool && parseCidr(pool.subnet)?.subnet;
    const asked = attachment.ipAddress === undefined ? undefined : parseIpAddress(attachment.ipAddress);
    if (attachment.ipAddress !== undefined && (!asked || !subnet || !hasAddress(subnet, asked))) {
      const message = `invalid config for network ${network.name}: invalid endpoint settings:\nno configured subnet contains IP address ${attachment.ipAddress}`;
      throw new EngineError('invalid-argument', message);
    }
    const place = {
      networkId: network.id,
      networkName: network.name,
      endpointId: digestOf(`${network.id} ${value.id}`).slice('sha256:'.length),
      attachment,
    };
    if (value.state.status !== 'running' || pool === undefined || subnet === undefined) return place;
    const number = this.#members(network).filter((member) => member.value.state.status === 'running').length + 2;
    const begin = pool.subnet.replace(/\d+\/\d+$/, '');
    return {
      ...place,
      ipAddress: attachment.ipAddress ?? `${begin}${number}`,
      prefixLength: subnet.prefixLength,
      gateway: pool.gateway ?? `${begin}1`,
      macAddress: `02:42:0a:00:00:${String(number).padStart(2, '0')}`,
      interfaceName: `eth${value.networks.length}`,
    };
  }
}
