import { type FileFacts, type FileMark, type FileTree, markOf, type WastedPath } from '../../model/file-tree.js';
import { selectSubject } from '../../store/files-follower.js';
import { type FilesState, isOfVolume, viewOf } from '../../store/files-store.js';
import { scrollTop } from '../../store/list-rows.js';
import { isDirectory } from '../../store/tree-rows.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes, formatShare } from '../rows/format.js';
import { drawFrame } from '../rows/frame.js';
import { clipText, fitText, sanitizeText } from '../terminal/ansi-text.js';
import type { Token } from '../terminal/theme.js';
import { emptyText } from './layers-pane.js';

const LETTERS: Readonly<Record<FileMark, readonly [string, Token]>> = {
  unchanged: [' ', 'text'],
  added: ['A', 'ok'],
  changed: ['C', 'warning'],
  deleted: ['D', 'error'],
};

/** The files of the selected layer as a tree, or what the layers store in vain; only the rows on screen are composed. */
export function paintFiles(context: PaintContext, isFocused: boolean, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  const read = workspace.files.getState();
  // What was read last is of another, where what is selected has no layers.
  const state = selectSubject(workspace) === undefined ? { ...read, tree: undefined, waste: undefined } : read;
  return drawFrame(
    {
      width,
      height,
      isFocused,
      title: titleOf(context, state),
      notes: notesOf(context, state),
      content: (innerWidth, innerHeight) => {
        if (state.tree === undefined) return [theme.style('muted', emptyText(context))];
        const window = { isFocused, width: innerWidth, height: innerHeight };
        return state.showsWaste ? drawWaste(context, state, window) : drawTree(context, state, window);
      },
    },
    theme,
    glyphs,
  );
}

function titleOf({ theme }: PaintContext, state: FilesState): string {
  const { showsWaste, layer, layers, scope, tree, subject } = state;
  if (tree === undefined) return theme.style('title', 'Files');
  if (isOfVolume(subject)) return `${theme.style('title', 'Files')} of ${sanitizeText(subject.name)}`;
  if (showsWaste) return theme.style('title', 'Wasted');
  const place = layers[layer]?.layer === undefined ? 'the container' : `layer ${layer}`;
  return `${theme.style('title', 'Files')} ${scope === 'layer' ? `of ${place}` : `up to ${place}`}`;
}

function notesOf({ theme }: PaintContext, state: FilesState): readonly string[] {
  const { filter, waste, subject, tree } = state;
  const { hidden } = viewOf(state);
  return [
    ...(isOfVolume(subject) && tree !== undefined
      ? [`${tree.length - 1} entries, ${formatBytes(tree.totalBytes[0] ?? 0)}`]
      : []),
    ...(filter === '' ? [] : [theme.style('match', `/${filter}`)]),
    ...(hidden.size === 0 ? [] : [theme.style('warning', `without ${[...hidden].join(', ')}`)]),
    ...(waste === undefined || waste.efficiency === 1
      ? []
      : [`${formatShare(waste.efficiency)} efficient, ${formatBytes(waste.hiddenBytes)} hidden`]),
  ];
}

interface Window {
  readonly isFocused: boolean;
  readonly width: number;
  readonly height: number;
}

interface Row {
  readonly text: string;
  readonly isSelected: boolean;
}

function drawTree(context: PaintContext, state: FilesState, window: Window): string[] {
  const { theme } = context;
  const { tree, rows, cursor, subject } = state;
  const { scope, hidden, filter } = viewOf(state);
  if (tree === undefined || rows.length === 0) {
    const why = filter !== '' || hidden.size > 0 ? 'nothing that fits' : 'nothing';
    return [theme.style('muted', why)];
  }
  const columns = { hasFacts: window.width >= 56, hasSize: window.width >= 24, hasMarks: !isOfVolume(subject) };
  const [room, titles] = placeTitles(window, treeTitles(columns));
  const top = scrollTop(state.top, cursor, room, rows.length);
  const lines = [...rows.subarray(top, top + room)].map((node, i) => {
    const bytes = scope === 'layer' && markOf(tree, node) !== 'deleted' ? tree.ownBytes[node] : tree.totalBytes[node];
    const isFolded = isDirectory(tree, node) && isClosed(state, top + i);
    const text = treeLine(context, tree, { ...columns, node, bytes: bytes ?? 0, isFolded });
    return drawRow(context, { text, isSelected: top + i === cursor }, window);
  });
  return [...titles.map((title) => theme.style('muted', title)), ...lines];
}

/** The next row is not in the directory: it is folded. */
function isClosed({ tree, rows }: FilesState, row: number): boolean {
  const node = rows[row] ?? 0;
  const next = rows[row + 1];
  return next === undefined || next >= (tree?.end[node] ?? 0);
}

function placeTitles({ height }: Window, title: string): readonly [number, readonly string[]] {
  return height >= 3 ? [height - 1, [` ${title}`]] : [height, []];
}

function drawRow({ theme, glyphs }: PaintContext, { text, isSelected }: Row, { width, isFocused }: Window): string {
  const line = clipText(`${isSelected ? glyphs.cursor : ' '}${text}`, 0, width);
  return isSelected ? theme.base(isFocused ? 'selection' : 'selectionDim', line) : line;
}

interface Columns {
  /** What the layer did to each. */
  readonly hasMarks: boolean;
  readonly hasFacts: boolean;
  readonly hasSize: boolean;
}

function treeTitles({ hasFacts, hasSize, hasMarks }: Columns): string {
  return `${hasMarks ? '  ' : ''}${hasFacts ? `${'MODE'.padEnd(10)} ${'OWNER'.padStart(9)} ` : ''}${hasSize ? ' SIZE ' : ''}FILE`;
}

interface TreeRow extends Columns {
  readonly node: number;
  readonly bytes: number;
  readonly isFolded: boolean;
}

function treeLine({ theme, glyphs }: PaintContext, tree: FileTree, row: TreeRow): string {
  const { node, bytes, isFolded, hasFacts, hasSize, hasMarks } = row;
  const file = tree.file(node);
  const [letter, token] = LETTERS[hasMarks ? markOf(tree, node) : 'unchanged'];
  const facts = hasFacts ? theme.style('muted', `${formatMode(file)} ${fitText(formatOwner(file), 9, 'right')} `) : '';
  const size = hasSize ? `${formatBytes(bytes).padStart(5)} ` : '';
  const sign = isDirectory(tree, node) ? (isFolded ? '+ ' : '- ') : '  ';
  const indent = '  '.repeat(Math.max(0, (tree.depth[node] ?? 1) - 1));
  const name = theme.style(token, sanitizeText(tree.name(node)) + (file.kind === 'directory' ? '/' : ''));
  const target =
    file.kind === 'symlink' || file.kind === 'hardlink' ? ` ${glyphs.arrow} ${sanitizeText(file.target)}` : '';
  const notes = file.kind === 'whiteout' ? ' (whiteout)' : file.isOpaque ? ' (opaque)' : '';
  return `${hasMarks ? `${theme.style(token, letter)} ` : ''}${facts}${size}${indent}${sign}${name}${theme.style('muted', target + notes)}`;
}

const TYPE_LETTERS: Readonly<Record<FileFacts['kind'], string>> = {
  directory: 'd',
  file: '-',
  symlink: 'l',
  hardlink: 'h',
  character: 'c',
  block: 'b',
  fifo: 'p',
  whiteout: 'w',
};

/** As ls writes it: `drwxr-xr-x`, `-rwsr-xr-t`. */
function formatMode({ kind, mode }: FileFacts): string {
  const bits = [...'rwxrwxrwx'].map((letter, i) => ((mode >> (8 - i)) & 1 ? letter : '-'));
  for (const [bit, at, letter] of [
    [0o4000, 2, 's'],
    [0o2000, 5, 's'],
    [0o1000, 8, 't'],
  ] as const) {
    if (mode & bit) bits[at] = bits[at] === '-' ? letter.toUpperCase() : letter;
  }
  return TYPE_LETTERS[kind] + bits.join('');
}

function formatOwner({ uid, gid }: FileFacts): string {
  return `${uid}:${gid}`;
}

function drawWaste(context: PaintContext, state: FilesState, window: Window): string[] {
  const { theme } = context;
  const paths = state.waste?.paths ?? [];
  if (paths.length === 0) return [theme.style('muted', 'nothing: no path is in two layers')];
  const [room, titles] = placeTitles(window, `${'TOTAL'.padStart(5)} HIDDEN TIMES PATH`);
  const top = scrollTop(state.wasteTop, state.wasteCursor, room, paths.length);
  const lines = paths
    .slice(top, top + room)
    .map((path, i) =>
      drawRow(context, { text: wasteLine(context, path), isSelected: top + i === state.wasteCursor }, window),
    );
  return [...titles.map((title) => theme.style('muted', title)), ...lines];
}

function wasteLine({ theme }: PaintContext, { path, files, versions, totalBytes, hiddenBytes }: WastedPath): string {
  const times = String(Math.round(versions / files)).padStart(5);
  const all = files === 1 ? '' : theme.style('muted', ` (${files} files)`);
  const hidden = theme.style(hiddenBytes > 0 ? 'warning' : 'text', formatBytes(hiddenBytes).padStart(6));
  return `${formatBytes(totalBytes).padStart(5)} ${hidden} ${times} ${sanitizeText(path)}${all}`;
}
