import { formatRoughDuration } from '../../model/durations.js';
import type { Image } from '../../model/image.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { ListRow, ListShape } from '../format/render-list.js';
import type { RowOptions } from './container-row.js';
import { shortId } from './shorten.js';

export const IMAGE_LIST: ListShape = {
  titles: {
    ID: 'IMAGE ID',
    Repository: 'REPOSITORY',
    Tag: 'TAG',
    Digest: 'DIGEST',
    CreatedSince: 'CREATED',
    CreatedAt: 'CREATED AT',
    Size: 'SIZE',
    Containers: 'CONTAINERS',
    VirtualSize: 'SIZE',
    SharedSize: 'SHARED SIZE',
    UniqueSize: 'UNIQUE SIZE',
  },
  columns: ['Repository', 'Tag', 'ID', 'CreatedSince', 'Size'],
  typeName: '*formatter.imageContext',
};

/** An image as rows of `images`: one for each of its names, or one with `<none>`. */
export function toImageRows(image: Image, options: RowOptions): readonly ListRow[] {
  const tags = image.repoTags.map(splitTag);
  // Pulled by digest: the repository is known, and there is no tag.
  const untagged = [...new Set(image.repoDigests.map((digest) => digest.split('@')[0] ?? ''))].filter(
    (repository) => !tags.some(([name]) => name === repository),
  );
  const all = [...tags, ...untagged.map((repository) => [repository, '<none>'] as const)];
  const names = all.length === 0 ? [['<none>', '<none>'] as const] : all;
  return names.map(([repository, tag]) => ({
    ID: options.truncate ? shortId(image.id) : image.id,
    Repository: repository,
    Tag: tag,
    Digest: digestFor(image, repository),
    CreatedSince: `${formatRoughDuration(Math.max(0, options.nowMs - image.createdAtMs))} ago`,
    get CreatedAt() {
      return options.formatTime(image.createdAtMs);
    },
    Size: formatDecimalBytes(image.sizeBytes),
    VirtualSize: formatDecimalBytes(image.sizeBytes),
    Containers: 'N/A',
    SharedSize: 'N/A',
    UniqueSize: 'N/A',
  }));
}

function splitTag(name: string): readonly [string, string] {
  const index = name.lastIndexOf(':');
  return index > name.lastIndexOf('/') ? [name.slice(0, index), name.slice(index + 1)] : [name, '<none>'];
}

function digestFor(image: Image, repository: string): string {
  const found = image.repoDigests.find((digest) => digest.startsWith(`${repository}@`));
  return found?.split('@')[1] ?? '<none>';
}
