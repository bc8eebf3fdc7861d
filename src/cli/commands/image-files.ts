import { posix } from 'node:path';
import { EngineError } from '../../model/errors.js';
import { type FileMark, type FileTree, findNode, type LayerFiles, markOf } from '../../model/file-tree.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { CommandCall, RunCommand } from '../command-spec.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { requireLayers } from '../require-layers.js';

const FILE_LIST: ListShape = {
  titles: {
    Change: 'CHANGE',
    Kind: 'KIND',
    Mode: 'MODE',
    Owner: 'OWNER',
    Size: 'SIZE',
    Layer: 'LAYER',
    Path: 'PATH',
    Target: 'TARGET',
  },
  columns: ['Kind', 'Mode', 'Owner', 'Size', 'Layer', 'Path'],
  typeName: '*formatter.fileContext',
};
const WASTE_LIST: ListShape = {
  titles: { Size: 'TOTAL SIZE', HiddenSize: 'HIDDEN SIZE', Versions: 'VERSIONS', Files: 'FILES', Path: 'PATH' },
  columns: ['Size', 'HiddenSize', 'Versions', 'Files', 'Path'],
  typeName: '*formatter.wasteContext',
};
const LETTERS: Readonly<Record<FileMark, string>> = { unchanged: '', added: 'A', changed: 'C', deleted: 'D' };

export const imageFiles: RunCommand = async (call) => {
  const { cli, flags, args } = call;
  const [ref = '', path = '/'] = args;
  const layer = flags.int('layer');
  const engine = await cli.engine();
  const { id } = await engine.images.inspect(ref);
  const files = await requireLayers(engine).filesOfImage(id);
  if (flags.isSet('wasted')) return await writeWaste(call, files);
  if (files.layerCount === 0) return 0;
  const tree = files.tree(layer ?? files.layerCount - 1);
  const top = findNode(tree, posix.resolve('/', path));
  if (top === undefined) throw new EngineError('not-found', `no such file or directory: ${path}`);
  const nodes = Array.from({ length: (tree.end[top] ?? 0) - top }, (_, i) => top + i);
  const shown = nodes.filter((node) =>
    layer === undefined
      ? markOf(tree, node) !== 'deleted'
      : tree.isOwn[node] === 1 && markOf(tree, node) !== 'unchanged',
  );
  const columns = layer === undefined ? FILE_LIST.columns : ['Change', 'Mode', 'Owner', 'Size', 'Path'];
  const rows = shown.map((node) => toRow(tree, node));
  await cli.print(renderList({ ...FILE_LIST, columns }, rows, flags.text('format')));
  return 0;
};

async function writeWaste({ cli, flags }: CommandCall, files: LayerFiles): Promise<number> {
  const { paths, efficiency, wastedBytes, hiddenBytes } = files.waste();
  const rows = paths.map(
    (row): ListRow => ({
      Size: formatDecimalBytes(row.totalBytes),
      HiddenSize: formatDecimalBytes(row.hiddenBytes),
      Versions: String(row.versions),
      Files: String(row.files),
      Path: row.path,
    }),
  );
  await cli.print(renderList(WASTE_LIST, rows, flags.text('format')));
  if (!flags.has('format')) {
    const sizes = `${formatDecimalBytes(wastedBytes)} in several versions, ${formatDecimalBytes(hiddenBytes)} of it hidden`;
    await cli.print(`\n${(efficiency * 100).toFixed(2)}% efficient: ${sizes}\n`);
  }
  return 0;
}

function toRow(tree: FileTree, node: number): ListRow {
  const file = tree.file(node);
  return {
    Change: LETTERS[markOf(tree, node)],
    Kind: file.kind,
    Mode: file.mode.toString(8).padStart(4, '0'),
    Owner: `${file.uid}:${file.gid}`,
    Size: formatDecimalBytes(file.sizeBytes),
    Layer: String(file.layer),
    Path: tree.path(node),
    Target: file.target,
  };
}
