import { resolve } from 'node:path';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';
import { saveArchive } from '../copy/save-archive.js';
import { requireLayers } from '../require-layers.js';

export const imageExtract: RunCommand = async ({ cli, flags, args }) => {
  const [source = '', target = ''] = args;
  const { image, path } = splitSource(source);
  if (target === '') throw new CliError('destination can not be empty');
  const layer = flags.int('layer');
  const service = requireLayers(await cli.engine());
  const archive = await service.readArchive(image, { path, ...(layer === undefined ? {} : { layer }) });
  if (target !== '-') {
    // A slash at its end says that it is a directory.
    const place = resolve(cli.workingDir, target);
    await saveArchive(archive, path, target.endsWith('/') ? `${place}/` : place);
    return 0;
  }
  if (cli.stdout.isTTY === true) throw new CliError('refusing to write a tar to a terminal: redirect it');
  for await (const bytes of archive) await cli.print(bytes);
  return 0;
};

/** No name of an image has `:/` in it. */
function splitSource(source: string): { readonly image: string; readonly path: string } {
  const at = source.indexOf(':/');
  if (at <= 0) throw new CliError(`invalid source "${source}": use IMAGE:/PATH`);
  return { image: source.slice(0, at), path: source.slice(at + 1) };
}
