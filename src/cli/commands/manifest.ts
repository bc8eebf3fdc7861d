import type { Engine } from '../../engine/engine.js';
import { formatFamiliarName, parseImageReference } from '../../model/image-reference.js';
import { parseManifest } from '../../model/manifest.js';
import { isIndexType, OCI_MANIFEST } from '../../model/media-types.js';
import type { RemoteManifest } from '../../model/registry.js';
import type { RunCommand } from '../command-spec.js';

/** Prints what a registry has; with `--verbose` each manifest of an index too, with its descriptor. */
export const inspectManifest: RunCommand = async ({ cli, args, flags }) => {
  const ref = args[0] ?? '';
  const engine = await cli.engine();
  const found = await engine.registries.manifest(ref, { signal: cli.interrupted });
  const document = flags.isSet('verbose') ? await describe(engine, found, cli.interrupted) : parseJson(found);
  await cli.print(`${JSON.stringify(document, undefined, '\t')}\n`);
  return 0;
};

function parseJson({ bytes }: RemoteManifest): unknown {
  return JSON.parse(Buffer.from(bytes).toString('utf8'));
}

async function describe(engine: Engine, found: RemoteManifest, signal: AbortSignal): Promise<unknown> {
  if (!isIndexType(found.descriptor.mediaType)) return describeOne(found);
  const index = parseManifest(found.bytes, found.descriptor.mediaType);
  const name = formatFamiliarName(parseImageReference(found.reference));
  const children = index.kind === 'index' ? index.manifests : [];
  return await Promise.all(
    children.map(async ({ digest, platform }) => {
      const child = await engine.registries.manifest(`${name}@${digest}`, { signal });
      return describeOne(child, platform);
    }),
  );
}

/** Docker's ManifestDescriptor. */
function describeOne(found: RemoteManifest, platform?: object): object {
  const { mediaType, digest, size } = found.descriptor;
  const field = mediaType === OCI_MANIFEST ? 'OCIManifest' : 'SchemaV2Manifest';
  return {
    Ref: found.reference,
    Descriptor: { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) },
    Raw: Buffer.from(found.bytes).toString('base64'),
    [field]: parseJson(found),
  };
}
