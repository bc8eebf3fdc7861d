import { access } from 'node:fs/promises';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parsePlatform } from '../../model/platform.js';
import { readFileParts } from '../../platform/file-parts/read-parts.js';
import type { RunCommand } from '../command-spec.js';

export const importImage: RunCommand = async ({ cli, flags, args }) => {
  const [path = '', reference] = args;
  const options = omitUndefined({
    reference,
    message: flags.text('message'),
    changes: flags.list('change'),
    platform: flags.read('platform', parsePlatform),
    signal: cli.interrupted,
  });
  if (path !== '-') {
    await access(path);
  }
  const engine = await cli.engine();
  const image = await engine.images.import(path === '-' ? cli.stdin : readFileParts(path, { reuse: true }), options);
  await cli.print(`${image.id}\n`);
  return 0;
};
