import { matchesAny, parseSwitch } from '../../api/filter/filters.js';
import type { FoundRepository } from '../../model/registry.js';
import type { RunCommand } from '../command-spec.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { parseFilters } from '../read-filters.js';

const SEARCH_LIST: ListShape = {
  titles: { Name: 'NAME', Description: 'DESCRIPTION', StarCount: 'STARS', IsOfficial: 'OFFICIAL' },
  columns: ['Name', 'Description', 'StarCount', 'IsOfficial'],
  typeName: '*formatter.searchContext',
};
const DESCRIPTION_MAX = 45;

export const search: RunCommand = async ({ cli, args, flags }) => {
  const filters = parseFilters(flags, ['is-official', 'is-automated', 'stars']);
  const limit = flags.int('limit');
  const engine = await cli.engine();
  const options = { signal: cli.interrupted, ...(limit === undefined ? {} : { limit }) };
  const found = await engine.registries.search(args[0] ?? '', options);
  const rows = found
    .filter(
      ({ isOfficial, stars }) =>
        matchesAny(filters, 'is-official', (value) => parseSwitch('is-official', value) === isOfficial) &&
        matchesAny(filters, 'stars', (value) => stars >= Number(value)),
    )
    .map((one) => toRow(one, flags.isSet('no-trunc')));
  await cli.print(renderList(SEARCH_LIST, rows, flags.text('format')));
  return 0;
};

function toRow({ name, description, stars, isOfficial }: FoundRepository, isWhole: boolean): ListRow {
  const text = description.replaceAll(/[\r\n]+/g, ' ');
  return {
    Name: name,
    Description: isWhole || text.length <= DESCRIPTION_MAX ? text : `${text.slice(0, DESCRIPTION_MAX - 1)}…`,
    StarCount: String(stars),
    IsOfficial: isOfficial ? '[OK]' : '',
  };
}
