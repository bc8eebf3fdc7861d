import type { EmbeddedImage } from '../../model/image.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { type ListShape, renderList } from '../format/render-list.js';

const EMBEDDED_LIST: ListShape = {
  titles: { Name: 'NAME', Available: 'AVAILABLE', Description: 'DESCRIPTION' },
  columns: ['Name', 'Available', 'Description'],
  typeName: 'embedded image',
};

/** Without a name lists them; with one takes it into the store and prints its id. */
export const embedded: RunCommand = async ({ cli, flags, args }) => {
  const engine = await cli.engine();
  const all = await engine.images.embedded();
  const [name] = args;
  if (name === undefined) {
    await cli.print(renderList(EMBEDDED_LIST, all.map(toRow), flags.text('format')));
    return 0;
  }
  const found = all.find((image) => image.name === name);
  if (found === undefined) {
    throw new CliError(`no embedded image "${name}": use ${all.map((image) => image.name).join(', ')}`);
  }
  const image = await engine.images.addEmbedded(found.name);
  await cli.print(`${image.id}\n`);
  return 0;
};

function toRow({ name, description, unavailable }: EmbeddedImage) {
  return { Name: name, Available: unavailable === undefined ? 'yes' : `no: ${unavailable}`, Description: description };
}
