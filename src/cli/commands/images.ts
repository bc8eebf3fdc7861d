import { filterImages, IMAGE_FILTERS, matchesReference } from '../../api/filter/image-filter.js';
import type { RunCommand } from '../command-spec.js';
import { createGoTimeFormat } from '../format/go-time.js';
import { renderList } from '../format/render-list.js';
import { parseFilters } from '../read-filters.js';
import { IMAGE_LIST, toImageRows } from '../rows/image-row.js';
import { shortId } from '../rows/shorten.js';

export const images: RunCommand = async ({ cli, flags, args }) => {
  const filters = parseFilters(flags, IMAGE_FILTERS);
  const [reference] = args;
  const engine = await cli.engine();
  const all = filterImages(filters, await engine.images.list());
  const found =
    reference === undefined
      ? all
      : all
          .map((image) => ({ ...image, repoTags: image.repoTags.filter((tag) => matchesReference(reference, tag)) }))
          .filter(({ repoTags }) => repoTags.length > 0);
  const truncate = !flags.isSet('no-trunc');
  if (flags.isSet('quiet') && !flags.has('format')) {
    await cli.print(found.map(({ id }) => `${truncate ? shortId(id) : id}\n`).join(''));
    return 0;
  }
  const options = { nowMs: cli.nowMs(), truncate, formatTime: createGoTimeFormat() };
  const rows = found.flatMap((image) => toImageRows(image, options));
  const columns = flags.isSet('digests')
    ? ['Repository', 'Tag', 'Digest', 'ID', 'CreatedSince', 'Size']
    : IMAGE_LIST.columns;
  await cli.print(renderList({ ...IMAGE_LIST, columns }, rows, flags.text('format')));
  return 0;
};
