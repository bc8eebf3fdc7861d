import { EngineError } from '../../model/errors.js';
import type { EmbeddedImage, EmbeddedImageName, Image } from '../../model/image.js';
import type { JsonObject } from '../../model/json-values.js';
import { findStaticBusybox, listBusyboxFiles } from './busybox-image.js';
import { makeHelloProgram } from './hello-program.js';
import { listHostImageFiles } from './host-image.js';
import type { ImageParts } from './image-parts.js';
import { importImage } from './import.js';
import { hostArchitecture } from './platform.js';
import { makeRootTar, type RootFile } from './root-tar.js';

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const MESSAGE = `Hello from Gantry.
This program is the whole of the image "hello": it was unpacked, mounted and started in namespaces of its own, without any network.
`;

interface Recipe {
  readonly description: string;
  readonly unavailable: () => string | undefined;
  readonly files: () => Promise<readonly RootFile[]> | readonly RootFile[];
  readonly config: JsonObject;
}

const RECIPES: Readonly<Record<EmbeddedImageName, Recipe>> = {
  host: {
    description: "this host's own /usr, read-only, below a small /etc; nothing is copied",
    unavailable: () => undefined,
    files: () => listHostImageFiles(),
    config: { Cmd: ['sh'], Env: [PATH] },
  },
  busybox: {
    description: "this host's static busybox with a link for each of its applets",
    unavailable: () => {
      const found = findStaticBusybox();
      return 'unavailable' in found ? found.unavailable : undefined;
    },
    files: () => {
      const found = findStaticBusybox();
      if ('unavailable' in found) throw new EngineError('unavailable', found.unavailable);
      return listBusyboxFiles(found.path);
    },
    config: { Cmd: ['sh'], Env: [PATH] },
  },
  hello: {
    description: 'one static program of a few hundred bytes that says hello',
    unavailable: () => (makeHello() === undefined ? `there is no version for ${hostArchitecture()}` : undefined),
    files: () => [{ kind: 'file', path: 'hello', content: makeHello() ?? '', mode: 0o755 }],
    config: { Cmd: ['/hello'] },
  },
};

export function listEmbeddedImages(): readonly EmbeddedImage[] {
  return (['host', 'busybox', 'hello'] as const).map((name) => {
    const { description, unavailable } = RECIPES[name];
    const reason = unavailable();
    return { name, description, ...(reason === undefined ? {} : { unavailable: reason }) };
  });
}

/** Makes the image from what the host has now. Rejects: unavailable, with the reason; not-found (no such name). */
export async function addEmbeddedImage(parts: ImageParts, name: EmbeddedImageName): Promise<Image> {
  const recipe = Object.hasOwn(RECIPES, name) ? RECIPES[name] : undefined;
  if (recipe === undefined)
    throw new EngineError('not-found', `no embedded image "${name}": there are host, busybox and hello`);
  const reason = recipe.unavailable();
  if (reason !== undefined) throw new EngineError('unavailable', `the image "${name}" cannot be made here: ${reason}`);
  const tar = makeRootTar(await recipe.files());
  return await importImage(parts, partsOf(tar), {
    reference: `${name}:latest`,
    config: recipe.config,
    embedded: name,
    createdBy: `gantry embedded ${name}`,
    message: recipe.description,
    createdAtMs: 0,
  });
}

function makeHello(): Buffer | undefined {
  return makeHelloProgram(hostArchitecture(), MESSAGE);
}

async function* partsOf(bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
}
