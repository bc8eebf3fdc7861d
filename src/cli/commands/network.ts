import {
  checkNetworkFilters,
  filterNetworks,
  listNetworkIds,
  NETWORK_FILTERS,
  networkDriverName,
} from '../../api/filter/network-filter.js';
import { EngineError } from '../../model/errors.js';
import type { Network } from '../../model/network.js';
import { nonEmpty, omitUndefined } from '../../model/omit-undefined.js';
import { splitPair } from '../../model/run-environment.js';
import type { RunCommand } from '../command-spec.js';
import { forEachTarget } from '../for-each-target.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { parseFilters } from '../read-filters.js';
import type { RowOptions } from '../rows/container-row.js';
import { formatLabels, makeLabelReader } from '../rows/labels.js';
import { compareNaturally } from '../rows/natural-order.js';
import { writeOutput } from '../write-output.js';

const NETWORK_LIST: ListShape = {
  titles: {
    ID: 'NETWORK ID',
    Name: 'NAME',
    Driver: 'DRIVER',
    Scope: 'SCOPE',
    IPv4: 'IPV4',
    IPv6: 'IPV6',
    Internal: 'INTERNAL',
    Labels: 'LABELS',
    CreatedAt: 'CREATED AT',
  },
  columns: ['ID', 'Name', 'Driver', 'Scope'],
  typeName: '*network.networkContext',
};

export const createNetwork: RunCommand = async ({ cli, flags, args }) => {
  const { readNetworkConfig } = await import('../read-network-config.js');
  const config = readNetworkConfig(args[0] ?? '', flags);
  const engine = await cli.engine();
  const { id, warnings } = await engine.networks.create(config);
  for (const warning of warnings) await writeOutput(cli.stderr, `WARNING: ${warning}\n`);
  await cli.print(`${id}\n`);
  return 0;
};

export const checkNetworks: RunCommand = async ({ cli, flags }) => {
  const engine = await cli.engine();
  const preview = flags.isSet('dry-run');
  const strays = await engine.networks.check({ preview });
  const lines = strays.map(({ name, reason, isMissing = false }) => {
    const deed = isMissing ? 'made again ' : 'removed ';
    return `${preview ? '' : deed}${name}: ${reason}\n`;
  });
  await cli.print(lines.join(''));
  return 0;
};

export const listNetworks: RunCommand = async ({ cli, flags }) => {
  const filters = parseFilters(flags, NETWORK_FILTERS);
  checkNetworkFilters(filters);
  const engine = await cli.engine();
  const found = await filterNetworks(filters, await engine.networks.list(), async () =>
    listNetworkIds(await engine.containers.list({ all: true })),
  );
  const networks = found.toSorted((a, b) => compareNaturally(a.name, b.name));
  const truncate = !flags.isSet('no-trunc');
  const formatTime = createGoTimeFormat();
  const rows = networks.map((network) => toRow(network, { truncate, formatTime }));
  const isQuiet = flags.isSet('quiet') && !flags.has('format');
  await cli.print(renderList(NETWORK_LIST, rows, isQuiet ? '{{.ID}}' : flags.text('format')));
  return 0;
};

function toRow(network: Network, { truncate, formatTime }: Omit<RowOptions, 'nowMs'>): ListRow {
  return {
    ID: truncate ? network.id.slice(0, 12) : network.id,
    Name: network.name,
    Driver: networkDriverName(network),
    Scope: 'local',
    IPv4: String(network.enableIpv4),
    IPv6: String(network.enableIpv6),
    Internal: String(network.internal),
    Labels: formatLabels(network.labels),
    Label: makeLabelReader(network.labels),
    get CreatedAt() {
      return formatTime(network.createdAtMs);
    },
  };
}

export const removeNetworks: RunCommand = async (call) => {
  const engine = await call.cli.engine();
  return await forEachTarget(call, call.args, async (name) => {
    requireRef('network', name);
    try {
      await engine.networks.remove(name);
    } catch (error) {
      // As with Docker, the name is not printed: nothing was removed.
      if (call.flags.isSet('force') && error instanceof EngineError && error.kind === 'not-found') return undefined;
      throw error;
    }
    return name;
  });
};

/** In the words of Docker's client, which asks its engine nothing then. */
function requireRef(what: 'network' | 'container', ref: string): void {
  if (ref.trim() === '') throw new EngineError('invalid-argument', `invalid ${what} name or ID: value is empty`);
}

export const connectNetwork: RunCommand = async ({ cli, flags, args }) => {
  const { parseLink } = await import('../../model/run-networks.js');
  const { readLists } = await import('../read-lists.js');
  const [network = '', container = ''] = args;
  const driverOptions = Object.fromEntries(readLists(flags, 'driver-opt').map(splitDriverOption));
  const attachment = omitUndefined({
    aliases: nonEmpty(readLists(flags, 'alias')),
    links: nonEmpty(flags.readAll('link', parseLink)),
    ipAddress: flags.text('ip') || undefined,
    ip6Address: flags.text('ip6') || undefined,
    linkLocalIps: nonEmpty(readLists(flags, 'link-local-ip')),
    driverOptions: Object.keys(driverOptions).length === 0 ? undefined : driverOptions,
    gatewayPriority: flags.int('gw-priority'),
  });
  requireRef('network', network);
  requireRef('container', container);
  const engine = await cli.engine();
  await engine.networks.connect(network, container, attachment);
  return 0;
};

/** Not the words of `run --network`, but Docker's client has these two. */
function splitDriverOption(text: string): readonly [string, string] {
  const [name, value] = splitPair(text);
  if (name.trim() === '' || value === undefined) {
    throw new EngineError('invalid-argument', 'invalid key/value pair format in driver options');
  }
  return [name.trim(), value.trim()];
}

export const disconnectNetwork: RunCommand = async ({ cli, flags, args }) => {
  const [network = '', container = ''] = args;
  requireRef('network', network);
  requireRef('container', container);
  const engine = await cli.engine();
  await engine.networks.disconnect(network, container, { force: flags.isSet('force') });
  return 0;
};
