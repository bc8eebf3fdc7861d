import { EngineError } from '../../model/errors.js';
import type { NetworkId } from '../../model/ids.js';
import type { Network } from '../../model/network.js';
import type { Database } from '../../platform/database.js';
import { createRecordTable } from '../state/record-table.js';
import { parseNetworkDocument } from './network-document.js';

/** The rows of all networks, and the two that need none. */
export interface NetworkStore {
  /** By name. */
  list(): readonly Network[];
  get(id: string): Network | undefined;
  findByName(name: string): Network | undefined;
  /** A full id, a name, or a unique id prefix, in that order. Throws not-found, invalid-argument. */
  resolve(ref: string): Network;
  /** False if the name is taken. */
  insert(network: Network): boolean;
  /** What is gone stays so. */
  update(network: Network): void;
  /** Its addresses go with it; false if it was gone. */
  remove(id: NetworkId): boolean;
}

/** Their ids are fixed: they are the same thing on every host. */
const FIXED_NETWORKS: readonly Network[] = [fixedNetwork('host', '1'), fixedNetwork('none', '0')];

const ID_PREFIX = /^[0-9a-f]{1,64}$/;

export function createNetworkStore(database: Database): NetworkStore {
  const table = createRecordTable<Network>({
    ...{ database, table: 'networks', parse: parseNetworkDocument },
    columns: ({ name }) => ({ name }),
  });
  const find = (where?: string, ...cells: readonly string[]) => table.find(where, ...cells).map(({ value }) => value);
  const findFixed = (ref: string) => FIXED_NETWORKS.find(({ id, name }) => id === ref || name === ref);
  const findByPrefix = (ref: string): Network => {
    // `g` sorts after every hex digit, so this range is the prefix.
    const found = ID_PREFIX.test(ref)
      ? [...FIXED_NETWORKS.filter(({ id }) => id.startsWith(ref)), ...find('id >= ? AND id < ?', ref, `${ref}g`)]
      : [];
    const [first, ...more] = found;
    if (first === undefined) throw new EngineError('not-found', `network ${ref} not found`);
    if (more.length > 0) {
      throw new EngineError(
        'invalid-argument',
        `network ${ref} is ambiguous (${found.length} matches found based on ID prefix)`,
      );
    }
    return first;
  };
  return {
    list: () => [...FIXED_NETWORKS, ...find()].toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    get: (id) => FIXED_NETWORKS.find((network) => network.id === id) ?? table.get(id)?.value,
    findByName: (name) => FIXED_NETWORKS.find((network) => network.name === name) ?? find('name = ?', name)[0],
    resolve: (ref) => findFixed(ref) ?? find('id = ?', ref)[0] ?? find('name = ?', ref)[0] ?? findByPrefix(ref),
    insert: (network) => table.insert(network.id, network),
    update: (network) => void table.update(network.id, () => network),
    remove: (id) => table.remove(id),
  };
}

function fixedNetwork(driver: 'host' | 'none', digit: string): Network {
  return {
    id: digit.repeat(64) as NetworkId,
    name: driver,
    driver,
    pools: [],
    enableIpv4: true,
    enableIpv6: false,
    internal: false,
    attachable: false,
    options: {},
    ipamOptions: {},
    labels: {},
    createdAtMs: 0,
  };
}
