import type { Network } from '../../model/network.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parseLabels } from '../../model/run-environment.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { matchesAny, matchesLabels, matchesPattern, parseFilters } from '../filter/parse-filters.js';
import { forEachTarget } from '../for-each-target.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import type { RowOptions } from '../rows/container-row.js';
import { formatLabels, makeLabelReader } from '../rows/labels.js';
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

const DRIVERS = ['bridge', 'host', 'none', 'overlay'] as const;

export const createNetwork: RunCommand = async ({ cli, flags, args }) => {
  const name = args[0] ?? '';
  const word = flags.text('driver') ?? 'bridge';
  const driver = DRIVERS.find((known) => known === word);
  if (driver === undefined) {
    throw new CliError(`could not find plugin ${word} in v2 plugin registry: plugin not found`);
  }
  const engine = await cli.engine();
  const id = await engine.networks.create(
    omitUndefined({
      name,
      driver,
      subnet: flags.text('subnet'),
      gateway: flags.text('gateway'),
      internal: flags.isSet('internal'),
      labels: parseLabels(flags, new Map()),
    }),
  );
  await writeOutput(cli.stdout, `${id}\n`);
  return 0;
};

export const listNetworks: RunCommand = async ({ cli, flags }) => {
  const filters = parseFilters(flags, ['driver', 'id', 'label', 'name', 'scope', 'type']);
  const engine = await cli.engine();
  const networks = (await engine.networks.list())
    .filter(
      (network) =>
        matchesLabels(filters, network.labels) &&
        matchesAny(filters, 'name', (value) => matchesPattern(value, network.name)) &&
        matchesAny(filters, 'id', (value) => network.id.startsWith(value)) &&
        matchesAny(filters, 'driver', (value) => value === driverOf(network)) &&
        matchesAny(filters, 'scope', (value) => value === 'local') &&
        matchesAny(filters, 'type', (value) => value === typeOf(network)),
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  const truncate = !flags.isSet('no-trunc');
  const formatTime = createGoTimeFormat();
  const rows = networks.map((network) => toRow(network, { truncate, formatTime }));
  const isQuiet = flags.isSet('quiet') && !flags.has('format');
  await writeOutput(cli.stdout, renderList(NETWORK_LIST, rows, isQuiet ? '{{.ID}}' : flags.text('format')));
  return 0;
};

function driverOf({ driver }: Network): string {
  return driver === 'none' ? 'null' : driver;
}

function typeOf({ name }: Network): string {
  return ['bridge', 'host', 'none'].includes(name) ? 'builtin' : 'custom';
}

function toRow(network: Network, { truncate, formatTime }: Omit<RowOptions, 'nowMs'>): ListRow {
  return {
    ID: truncate ? network.id.slice(0, 12) : network.id,
    Name: network.name,
    Driver: driverOf(network),
    Scope: 'local',
    IPv4: 'true',
    IPv6: 'false',
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
    await engine.networks.remove(name);
    return name;
  });
};

export const connectNetwork: RunCommand = async ({ cli, args }) => {
  const [network = '', container = ''] = args;
  const engine = await cli.engine();
  await engine.networks.connect(network, container);
  return 0;
};

export const disconnectNetwork: RunCommand = async ({ cli, args }) => {
  const [network = '', container = ''] = args;
  const engine = await cli.engine();
  await engine.networks.disconnect(network, container);
  return 0;
};
