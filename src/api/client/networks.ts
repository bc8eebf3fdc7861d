import type { ContainerService, NetworkService } from '../../engine/engine.js';
import type { NetworkId } from '../../model/ids.js';
import { toList, toObject, toText, toTexts } from '../../model/json-values.js';
import { toWireEndpointConfig } from '../wire/container-create.js';
import { fromWireNetwork, toWireNetworkCreate } from '../wire/from-network.js';
import type { ApiClient } from './api-client.js';
import { previewNetworkPrune } from './preview-prune.js';
import { toPruneFilters } from './prune-filters.js';

/** Networks of an endpoint. */
export function createNetworks(client: ApiClient, containers: ContainerService): NetworkService {
  const service: NetworkService = {
    list: async () => {
      const networks = toList(await client.json({ method: 'GET', path: '/networks' })).map((wire) => {
        const { members: _, ...network } = fromWireNetwork(wire);
        return network;
      });
      return networks.toSorted((a, b) => (a.name < b.name ? -1 : 1));
    },
    inspect: async (ref) => fromWireNetwork(await client.json({ method: 'GET', path: networkPath(ref) })),
    create: async (config) => {
      const body = toWireNetworkCreate(config);
      const wire = toObject(await client.json({ method: 'POST', path: '/networks/create', body }));
      const warning = toText(wire['Warning']);
      return { id: toText(wire['Id']) as NetworkId, warnings: warning === '' ? [] : [warning] };
    },
    remove: (ref) => client.run({ method: 'DELETE', path: networkPath(ref) }),
    connect: (ref, container, attachment = {}) =>
      client.run({
        method: 'POST',
        path: networkPath(ref, 'connect'),
        body: { Container: container, EndpointConfig: toWireEndpointConfig(attachment) },
      }),
    disconnect: (ref, container, { force = false } = {}) =>
      client.run({
        method: 'POST',
        path: networkPath(ref, 'disconnect'),
        body: { Container: container, Force: force },
      }),
    prune: async (options = {}) => {
      if (options.preview === true) return await previewNetworkPrune(service, containers, options);
      const query = { filters: toPruneFilters(options) };
      const wire = toObject(await client.json({ method: 'POST', path: '/networks/prune', query }));
      return { removed: toTexts(wire['NetworksDeleted']), reclaimedBytes: 0 };
    },
    // What is left on that host is its own engine's to find.
    check: () => Promise.resolve([]),
  };
  return service;
}

function networkPath(ref: string, verb = ''): string {
  return `/networks/${encodeURIComponent(ref)}${verb === '' ? '' : `/${verb}`}`;
}
