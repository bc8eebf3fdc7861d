import { findSharing, listInstructions } from '../../model/layer-sharing.js';
import { formatDecimalBytes } from '../../model/units.js';
import type { RunCommand } from '../command-spec.js';
import { type ListRow, type ListShape, renderList } from '../format/render-list.js';
import { requireLayers } from '../require-layers.js';
import { shorten, shortId } from '../rows/shorten.js';

const LAYER_LIST: ListShape = {
  titles: {
    Number: 'LAYER',
    ID: 'DIFF ID',
    ChainID: 'CHAIN ID',
    Size: 'SIZE',
    UniqueSize: 'UNIQUE SIZE',
    SharedWith: 'SHARED WITH',
    CreatedBy: 'CREATED BY',
  },
  columns: ['Number', 'ID', 'Size', 'UniqueSize', 'SharedWith', 'CreatedBy'],
  typeName: '*formatter.layerContext',
};

/** The lowest first. */
export const layers: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  const image = await engine.images.inspect(args[0] ?? '');
  const service = requireLayers(engine);
  const [stack, history, images] = await Promise.all([
    service.ofImage(image.id),
    engine.images.history(image.id),
    engine.images.list(),
  ]);
  const made = listInstructions(history);
  const isShort = !flags.isSet('no-trunc');
  const rows = findSharing({ imageId: image.id }, stack, { images, containers: [] }).map(
    ({ layer, images: others }, number): ListRow => {
      const createdBy = (made[number] ?? '').replaceAll('\t', ' ');
      return {
        Number: String(number),
        ID: isShort ? shortId(layer.diffId) : layer.diffId,
        ChainID: isShort ? shortId(layer.chainId) : layer.chainId,
        Size: formatDecimalBytes(layer.sizeBytes),
        UniqueSize: formatDecimalBytes(others.length === 0 ? layer.sizeBytes : 0),
        SharedWith: others.map(({ repoTags, id }) => repoTags[0] ?? shortId(id)).join(','),
        CreatedBy: isShort ? shorten(createdBy, 45) : createdBy,
      };
    },
  );
  await cli.print(renderList(LAYER_LIST, rows, flags.text('format')));
  return 0;
};
