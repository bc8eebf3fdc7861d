import { formatImageReference, parseImageReference } from '../../model/image-reference.js';
import { CliError } from '../cli-error.js';
import type { RunCommand } from '../command-spec.js';

/** Prints the digest that was signed. */
export const signImage: RunCommand = async ({ cli, flags, args }) => {
  const key = flags.text('key');
  if (key === undefined) throw new CliError('gantry image sign needs --key with the file of a private key');
  const digest = await cli.signImage(args[0] ?? '', key, cli.env['GANTRY_KEY_PASSPHRASE']);
  await cli.print(`${digest}\n`);
  return 0;
};

/** Prints the payloads that are signed, one a line, as cosign does; 1 where there is none. */
export const verifyImage: RunCommand = async ({ cli, flags, args }) => {
  const keys = flags.list('key');
  if (keys.length === 0) throw new CliError('gantry image verify needs --key with the file of a public key');
  const name = args[0] ?? '';
  const payloads = await cli.verifyImage(name, keys);
  for (const payload of payloads) await cli.print(`${payload}\n`);
  if (payloads.length > 0) return 0;
  throw new CliError(`no matching signatures for ${formatImageReference(parseImageReference(name))}`);
};
