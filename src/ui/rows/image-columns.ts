import type { Image } from '../../model/image.js';
import { countImageUsers, type ImageRow, isDangling, nameImage } from '../../store/image-rows.js';
import type { PaintContext } from '../paint-context.js';
import { sanitizeText } from '../terminal/ansi-text.js';
import type { Column } from './columns.js';
import { formatAge, formatBytes } from './format.js';

/** The columns of the image list. */
export function imageColumns(context: PaintContext): readonly Column<ImageRow>[] {
  const { theme, workspace, now } = context;
  const { layerUse } = workspace.resources.getState();
  const users = countImageUsers(workspace.containers.getState());
  const muted = (text: string) => theme.style('muted', text);
  const ofImage = (cell: (image: Image) => string) => (row: ImageRow) => (row.kind === 'image' ? cell(row.image) : '');
  const share = (part: 'uniqueBytes' | 'sharedBytes') =>
    ofImage(({ id }) => {
      const bytes = layerUse.share(id)?.[part];
      return bytes === undefined ? muted('-') : bytes === 0 ? muted('0') : formatBytes(bytes);
    });
  return [
    { title: 'IMAGE', width: 22, rank: 0, grows: true, cell: (row, width) => nameCell(context, row, width) },
    {
      title: 'SIZE',
      width: 8,
      rank: 1,
      align: 'right',
      cell: (row) =>
        row.kind === 'image'
          ? formatBytes(row.image.sizeBytes)
          : theme.style('key', row.embedded.unavailable === undefined ? 'built in' : 'missing'),
    },
    { title: 'UNIQUE', width: 6, rank: 3, align: 'right', cell: share('uniqueBytes') },
    { title: 'SHARED', width: 6, rank: 4, align: 'right', cell: share('sharedBytes') },
    {
      title: 'CTR',
      width: 3,
      rank: 5,
      align: 'right',
      cell: ofImage(({ id }) => (users.has(id) ? String(users.get(id)) : muted('0'))),
    },
    {
      title: 'AGE',
      width: 4,
      rank: 2,
      align: 'right',
      // As docker history has it where the image does not say.
      cell: ofImage(({ createdAtMs }) => muted(createdAtMs === 0 ? 'N/A' : formatAge(now() - createdAtMs))),
    },
    { title: 'ID', width: 12, rank: 6, cell: ofImage(({ id }) => muted(id.replace(/^sha256:/, '').slice(0, 12))) },
  ];
}

/** The name, how many others there are, and a word for what has none; of an embedded one what it is made of. */
function nameCell({ theme, glyphs }: PaintContext, row: ImageRow, width: number): string {
  if (row.kind === 'embedded') {
    const { name, unavailable, description } = row.embedded;
    const about = unavailable ?? description;
    return width < name.length + 12 ? name : `${name} ${theme.style('muted', sanitizeText(about))}`;
  }
  const { image } = row;
  const others = Math.max(0, image.repoTags.length - 1);
  const name = sanitizeText(nameImage(image));
  if (isDangling(image)) return `${theme.style('muted', name)} ${theme.style('warning', 'dangling')}`;
  if (others === 0) return name;
  const more = ` +${others}`;
  const room = Math.max(1, width - more.length);
  const kept = name.length > room ? `${name.slice(0, room - 1)}${glyphs.ellipsis}` : name;
  return `${kept}${theme.style('muted', more)}`;
}
