import { findVolumeUsers } from '../../store/volume-rows.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { drawFrame, insideOfFrame } from '../rows/frame.js';
import { labelledLines } from '../rows/labelled-lines.js';
import { drawScrolled, scrollNotes } from '../rows/scrolled-lines.js';

/** What is known of the selected volume. */
export function paintVolumePane(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const lines = volumeLines(context);
  const inside = insideOfFrame({ width, height });
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: theme.style('title', workspace.selectedVolume() === undefined ? 'nothing selected' : 'volume'),
      notesBelow: scrollNotes(context, 'detail', lines, inside),
      content: () => drawScrolled(context, 'detail', lines, inside),
    },
    theme,
    glyphs,
  );
}

/** All lines; the pane scrolls over them. */
export function volumeLines(context: PaintContext): readonly string[] {
  const { workspace, now } = context;
  const row = workspace.selectedVolume();
  if (row === undefined) return [];
  const bytes = workspace.resources.getState().volumeBytes.get(row.name);
  const users = findVolumeUsers(workspace.containers.getState(), row.name);
  return labelledLines(context, [
    ['volume', row.name],
    ['at', row.mountpoint],
    ['driver', row.driver],
    ...Object.entries(row.options ?? {}).map(([name, value]) => ['option', `${name}=${value}`] as const),
    ['size', bytes === undefined ? '-' : formatBytes(bytes)],
    ['made', `${formatAge(now() - row.createdAtMs)} ago`],
    ...users.map(({ container, target, readOnly }): readonly [string, string] => [
      'used by',
      `${container.name} (${container.state.status}) at ${target}${readOnly ? ', read-only' : ''}`,
    ]),
    ...Object.entries(row.labels).map(([name, value]) => ['label', `${name}=${value}`] as const),
  ]);
}
