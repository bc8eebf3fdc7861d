import { formatDecimalBytes } from '../../model/units.js';
import type { RunCommand } from '../command-spec.js';

const HOUR_MS = 3_600_000;

/** Prints what has gone, or would. */
export const collectRegistryGarbage: RunCommand = async ({ cli, flags }) => {
  const { uploads, manifests, links, blobs, blobBytes } = await cli.collectRegistryGarbage(flags.text('folder'), {
    graceMs: flags.durationMs('grace') ?? HOUR_MS,
    uploadIdleMs: flags.durationMs('upload-timeout') ?? 24 * HOUR_MS,
    withUntagged: flags.isSet('untagged'),
    isDryRun: flags.isSet('dry-run'),
  });
  const lines = [
    `Uploads: ${uploads}`,
    `Manifests: ${manifests}`,
    `Blobs of repositories: ${links}`,
    `Files: ${blobs}`,
    `Total reclaimed space: ${formatDecimalBytes(blobBytes, 4)}`,
  ];
  await cli.print(`${lines.join('\n')}\n`);
  return 0;
};
