import { parseImageReference } from '../../model/image-reference.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import { parsePlatform } from '../../model/platform.js';
import type { RunCommand } from '../command-spec.js';
import { createTransferDisplay } from '../terminal/transfer-display.js';

/** Shows each blob, and a line with the digest for each manifest that went; quiet, the digest of the image alone. */
export const copyImage: RunCommand = async ({ cli, flags, args }) => {
  const [source = '', target = ''] = args;
  const options = omitUndefined({
    platform: flags.read('platform', parsePlatform),
    withoutReferrers: flags.isSet('no-referrers') ? true : undefined,
    signal: cli.interrupted,
  });
  const engine = await cli.engine();
  const display = createTransferDisplay(cli.stdout, () => cli.nowMs());
  const tag = parseImageReference(target).tag ?? 'latest';
  let digest = '';
  for await (const step of engine.images.copy(source, target, options)) {
    if (step.phase === 'done' && step.tag === tag) digest = step.digest;
    if (!flags.isSet('quiet')) await display.showPush(step);
  }
  if (flags.isSet('quiet')) await cli.print(`${digest}\n`);
  return 0;
};
