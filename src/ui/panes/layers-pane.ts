import { findSharing } from '../../model/layer-sharing.js';
import { selectSubject } from '../../store/files-follower.js';
import { isOfVolume, isSameSubject, type ViewedLayer } from '../../store/files-store.js';
import { keyHint } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from '../rows/columns.js';
import { formatBytes } from '../rows/format.js';
import { drawFrame } from '../rows/frame.js';
import { drawList } from '../rows/list-rows.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';

interface LayerRow extends ViewedLayer {
  readonly number: number;
  /** Names of the other images that have it. */
  readonly sharedWith: readonly string[];
}

/** The layers of an image or a container, the lowest first: what they take, who else has them, what made them. */
export function paintLayers(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const { subject, layer } = workspace.files.getState();
  const shown = selectSubject(workspace);
  const rows = layerRows(context);
  const unique = rows.reduce((sum, row) => sum + uniqueBytes(row), 0);
  const name = fitText(sanitizeText(shown?.name ?? ''), Math.max(6, width - 32), 'left', glyphs.ellipsis).trimEnd();
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: `${theme.style('title', 'Layers')} ${name}`,
      notes: rows.length === 0 ? [] : [`${formatBytes(unique)} only here`],
      content: (innerWidth, innerHeight) => {
        if (rows.length === 0 || subject === undefined) return [theme.style('muted', emptyText(context))];
        const list = { selectedKey: undefined, index: layer, top: 0, filter: '' };
        const view = { rows, columns: layerColumns(context), list, isFocused, isCurrent: true };
        return drawList(context, { ...view, key: (row: LayerRow) => String(row.number) }, innerWidth, innerHeight);
      },
    },
    theme,
    glyphs,
  );
}

/** Why there is nothing to see. */
export function emptyText({ workspace, bindings }: PaintContext): string {
  const { status, message, layers } = workspace.files.getState();
  if (selectSubject(workspace) === undefined) {
    return workspace.view.getState().list === 'images'
      ? `not there yet${keyHint(bindings, 'run', 'runs it', 'images')}`
      : 'nothing selected';
  }
  if (status === 'failed') return message;
  return status === 'ready' && layers.length === 0 ? 'no layers' : 'reading …';
}

function layerRows({ workspace }: PaintContext): readonly LayerRow[] {
  const { subject, layers } = workspace.files.getState();
  const shown = selectSubject(workspace);
  if (subject === undefined || isOfVolume(subject) || !isSameSubject(shown, subject)) return [];
  const { images } = workspace.resources.getState();
  const own = layers.flatMap(({ layer }) => layer ?? []);
  const sharing = findSharing({ imageId: subject.imageId }, own, { images, containers: [] });
  return layers.map((each, number) => ({
    ...each,
    number,
    sharedWith: sharing[number]?.images.map(({ repoTags, id }) => repoTags[0] ?? id.slice(7, 19)) ?? [],
  }));
}

function uniqueBytes({ sharedWith, sizeBytes }: LayerRow): number {
  return sharedWith.length === 0 ? sizeBytes : 0;
}

function layerColumns({ theme }: PaintContext): readonly Column<LayerRow>[] {
  const muted = (text: string) => theme.style('muted', text);
  return [
    { title: '#', width: 2, rank: 0, align: 'right', cell: (row) => String(row.number) },
    { title: 'SIZE', width: 5, rank: 0, align: 'right', cell: (row) => formatBytes(row.sizeBytes) },
    { title: 'UNIQUE', width: 6, rank: 2, align: 'right', cell: (row) => formatBytes(uniqueBytes(row)) },
    {
      title: 'SHARED WITH',
      width: 11,
      rank: 3,
      cell: (row) => (row.sharedWith.length === 0 ? muted('-') : theme.style('paused', row.sharedWith.join(', '))),
    },
    {
      title: 'MADE BY',
      width: 8,
      rank: 1,
      grows: true,
      cell: (row) => sanitizeText(shortenInstruction(row.createdBy)) || muted('not told'),
    },
  ];
}

/** Without what all instructions of the classic builder begin with. */
function shortenInstruction(text: string): string {
  return text.replace(/^\/bin\/sh -c (#\(nop\)\s*)?/, '').replaceAll(/\s+/g, ' ');
}
