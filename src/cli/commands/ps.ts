import { asksForStopped, CONTAINER_FILTERS, filterContainers } from '../../api/filter/container-filter.js';
import type { Filters } from '../../api/filter/filters.js';
import type { Container } from '../../model/container.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { Cli, CommandCall, RunCommand } from '../command-spec.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { type ListRow, renderList } from '../format/render-list.js';
import { parseFilters } from '../read-filters.js';
import { CONTAINER_LIST, toContainerRow } from '../rows/container-row.js';

export const ps: RunCommand = async (call) => {
  const { cli, flags } = call;
  const filters = parseFilters(flags, CONTAINER_FILTERS);
  const last = flags.isSet('latest') ? 1 : flags.int('last');
  const all = flags.isSet('all') || (last ?? 0) > 0 || asksForStopped(filters);
  const containers = await findContainers(cli, filters, all);
  const shown = last !== undefined && last > 0 ? containers.slice(0, last) : containers;
  const truncate = !flags.isSet('no-trunc');
  if (flags.isSet('quiet') && !flags.has('format')) {
    await cli.print(shown.map(({ id }) => `${truncate ? id.slice(0, 12) : id}\n`).join(''));
    return 0;
  }
  const options = { nowMs: cli.nowMs(), truncate, formatTime: createGoTimeFormat() };
  const rows = shown.map((container) => toContainerRow(container, options));
  await cli.print(await render(call, { rows, containers: shown }));
  return 0;
};

async function findContainers(cli: Cli, filters: Filters, all: boolean): Promise<readonly Container[]> {
  const containers = await cli.listContainers({ all });
  const images = filters.has('ancestor') ? await (await cli.engine()).images.list() : [];
  return filters.size === 0 ? containers : filterContainers(filters, { containers, images });
}

interface Listed {
  readonly rows: readonly ListRow[];
  readonly containers: readonly Container[];
}

async function render({ cli, flags }: CommandCall, { rows, containers }: Listed): Promise<string> {
  const format = flags.text('format');
  const wantsSize = flags.isSet('size') || (format?.includes('.Size') ?? false);
  if (!wantsSize) {
    return renderList(CONTAINER_LIST, rows, format);
  }
  const service = (await cli.engine()).containers;
  const sizes = (await service.readSizes?.(containers.map(({ id }) => id))) ?? new Map();
  const sized = rows.map((row, index) => {
    const id = containers[index]?.id;
    const size = id === undefined ? undefined : sizes.get(id);
    const text =
      size === undefined
        ? 'N/A'
        : `${formatDecimalBytes(size.writableBytes)} (virtual ${formatDecimalBytes(size.rootfsBytes)})`;
    return { ...row, Size: text };
  });
  const columns = flags.isSet('size') ? [...CONTAINER_LIST.columns, 'Size'] : CONTAINER_LIST.columns;
  return renderList({ ...CONTAINER_LIST, columns }, sized, format);
}
