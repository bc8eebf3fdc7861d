import type { HistoryEntry, Image } from '../../model/image.js';
import { findImageUsers, type ImageRow, nameImage } from '../../store/image-rows.js';
import { IMAGE_TABS, type ImageTab } from '../../store/view-store.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { drawFrame, insideOfFrame } from '../rows/frame.js';
import { labelledLines } from '../rows/labelled-lines.js';
import { drawScrolled, scrollNotes } from '../rows/scrolled-lines.js';
import { formatState } from '../rows/state-cell.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import { colourJson, detailTitle, whenReady } from './detail-text.js';

export const IMAGE_TAB_NAMES: Readonly<Record<ImageTab, string>> = {
  image: 'Image',
  history: 'History',
  containers: 'Used by',
  inspect: 'Inspect',
};

/** The details of the selected image, with their tabs in the title. */
export function paintImagePane(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const { imageTab } = workspace.view.getState();
  const row = workspace.selectedImage();
  const tabs = IMAGE_TABS.map((tab) =>
    tab === imageTab ? theme.style('tab', `[${IMAGE_TAB_NAMES[tab]}]`) : theme.style('muted', IMAGE_TAB_NAMES[tab]),
  );
  const named =
    row === undefined ? 'nothing selected' : row.kind === 'embedded' ? row.embedded.name : nameImage(row.image);
  const room = Math.min(32, Math.max(6, width - 44));
  const inside = insideOfFrame({ width, height });
  const lines = imageLines(context, inside.width);
  const name = theme.style('title', fitText(sanitizeText(named), room, 'left', glyphs.ellipsis).trimEnd());
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: detailTitle(name, tabs, IMAGE_TABS.indexOf(imageTab), width),
      notesBelow: scrollNotes(context, 'detail', lines, inside),
      content: () => drawScrolled(context, 'detail', lines, inside),
    },
    theme,
    glyphs,
  );
}

/** All lines of the tab in front; the pane scrolls over them. */
export function imageLines(context: PaintContext, width: number): readonly string[] {
  const { workspace } = context;
  const row = workspace.selectedImage();
  if (row === undefined) return [];
  if (row.kind === 'embedded') return embeddedLines(context, row);
  const details = workspace.imageDetails.getState();
  const isRead = details.imageId === row.image.id;
  switch (workspace.view.getState().imageTab) {
    case 'image':
      return overviewLines(context, row.image);
    case 'history':
      return whenReady(context, isRead ? details.history : undefined, (history) =>
        historyLines(context, history, width),
      );
    case 'containers':
      return containerLines(context, row.image, width);
    case 'inspect':
      return whenReady(context, isRead ? details.inspect : undefined, (lines) =>
        lines.map((line) => colourJson(context, line)),
      );
  }
}

function embeddedLines(context: PaintContext, { embedded }: Extract<ImageRow, { kind: 'embedded' }>) {
  const { name, description, unavailable } = embedded;
  return labelledLines(context, [
    ['image', name],
    ['made of', description],
    ['', unavailable ?? `${keyOf(context.bindings, 'run', 'images')} runs a container from it; nothing is downloaded`],
  ]);
}

function overviewLines(context: PaintContext, image: Image): readonly string[] {
  const { config } = image;
  const share = context.workspace.resources.getState().layerUse.share(image.id);
  const shared =
    share === undefined
      ? ''
      : `, ${formatBytes(share.uniqueBytes)} only here, ${formatBytes(share.sharedBytes)} shared`;
  // A list over Docker's API names no layers.
  const layers = image.layers.length === 0 ? '' : ` in ${image.layers.length} layers`;
  const users = findImageUsers(context.workspace.containers.getState(), image);
  return labelledLines(context, [
    ['names', image.repoTags.join(', ') || '<none>'],
    ['id', image.id],
    ['size', `${formatBytes(image.sizeBytes)}${layers}${shared}`],
    ['platform', `${image.platform.os}/${image.platform.architecture}`],
    ['used by', users.map(({ name }) => name).join(', ') || '-'],
    ['entrypoint', config.entrypoint?.join(' ') ?? '-'],
    ['command', config.command?.join(' ') ?? '-'],
    ['user', config.user ?? '-'],
    ['workdir', config.workingDir ?? '/'],
    ['ports', config.exposedPorts?.join(' ') ?? '-'],
    ...image.repoDigests.map((digest): readonly [string, string] => ['digest', digest]),
    ...Object.entries(config.env ?? {}).map(([name, value]): readonly [string, string] => ['env', `${name}=${value}`]),
    ...Object.entries(config.labels ?? {}).map(([name, value]): readonly [string, string] => [
      'label',
      `${name}=${value}`,
    ]),
  ]);
}

/** Newest first, as docker history has it. */
function historyLines(
  { theme, glyphs, now }: PaintContext,
  history: readonly HistoryEntry[],
  width: number,
): readonly string[] {
  const rows = history.map(({ createdAtMs, createdBy, sizeBytes, emptyLayer }) => {
    const size = emptyLayer ? '-' : formatBytes(sizeBytes);
    const age = createdAtMs === 0 ? 'N/A' : formatAge(now() - createdAtMs);
    const made = fitText(sanitizeText(createdBy), Math.max(8, width - 13), 'left', glyphs.ellipsis);
    return `${size.padStart(6)} ${age.padStart(4)} ${made}`;
  });
  return [theme.style('muted', '  SIZE  AGE CREATED BY'), ...rows];
}

function containerLines(context: PaintContext, image: Image, width: number): readonly string[] {
  const { theme, glyphs, workspace } = context;
  const users = findImageUsers(workspace.containers.getState(), image);
  if (users.length === 0) return [theme.style('muted', 'no container has it')];
  return users.map((container) => {
    const name = fitText(container.name, Math.max(8, Math.min(30, width - 26)), 'left', glyphs.ellipsis);
    const id = theme.style('muted', container.id.slice(0, 12));
    return `${name} ${fitText(formatState(container.state, theme, glyphs), 10)} ${id}`;
  });
}
