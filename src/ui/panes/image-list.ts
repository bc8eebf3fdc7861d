import { isDangling, selectImageRows } from '../../store/image-rows.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { chosenColumns } from '../rows/column-names.js';
import { formatBytes } from '../rows/format.js';
import { imageColumns } from '../rows/image-columns.js';
import { paintList } from './resource-lists.js';

/** The list of images in its frame. */
export function paintImageList(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme } = context;
  const resources = workspace.resources.getState();
  const view = workspace.view.getState();
  const { images } = resources;
  const total = images.reduce((sum, image) => sum + image.sizeBytes, 0);
  const dangling = images.filter(isDangling).length;
  const { column, isReversed } = view.imageSort;
  return paintList(
    context,
    {
      name: 'images',
      number: 2,
      title: 'Images',
      summary: `${images.length}${total > 0 ? `  ${formatBytes(total)}` : ''}`,
      notes: [
        ...(view.markedImages.size > 0 ? [`${view.markedImages.size} marked`] : []),
        ...(dangling > 0 ? [theme.style('warning', `${dangling} dangling`)] : []),
        ...(column === 'created' && !isReversed ? [] : [`sort ${column}${isReversed ? ' reversed' : ''}`]),
      ],
      isFocused,
      rows: selectImageRows(resources, workspace.containers.getState(), view),
      columns: chosenColumns(imageColumns(context), view.hiddenColumns.images),
      empty: resources.areImagesLoaded
        ? `none yet: ${theme.style('key', keyOf(context.bindings, 'pull'))} pulls one, ${theme.style('key', keyOf(context.bindings, 'load'))} loads some`
        : 'reading …',
      key: (row) => row.key,
      isMarked: (row) => row.kind === 'image' && view.markedImages.has(row.image.id),
    },
    width,
    height,
  );
}
