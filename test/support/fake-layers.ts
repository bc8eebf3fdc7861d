import type { ByteStream, ContainerService, LayerPath, LayerService } from '../../src/engine/engine.js';
import { toChainId, toChainIds } from '../../src/engine/layers/chain-id.js';
import { createLayerFiles } from '../../src/engine/layers/file-index/layer-files.js';
import { EngineError } from '../../src/model/errors.js';
import type { Image } from '../../src/model/image.js';
import type { Layer } from '../../src/model/layer.js';
import { toByteString } from '../../src/platform/tar/file-entry.js';
import { findFakeImage, streamOf } from './fake-images.js';
import { makeIndex } from './layer-index.js';
import { makeTar, type TestEntry } from './tar-fixtures.js';

/** What the layers of any image have, by their number from 0; further ones are empty. */
const LAYERS: readonly (readonly TestEntry[])[] = [
  [
    { kind: 'directory', path: 'bin', mode: 0o755 },
    { path: 'bin/busybox', mode: 0o755, content: 'b'.repeat(4_000) },
    { kind: 'symlink', path: 'bin/sh', mode: 0o777, target: 'busybox' },
    { path: 'etc/hosts', content: '127.0.0.1 localhost\n' },
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\n' },
    { path: 'var/lib/lists/main', content: 'l'.repeat(3_000) },
    { path: 'var/lib/lists/security', content: 's'.repeat(2_000) },
  ],
  [
    { path: 'etc/passwd', content: 'root:x:0:0::/root:/bin/sh\napp:x:1:1::/app:/bin/sh\n' },
    { path: 'etc/hosts', content: '127.0.0.1 localhost\n' },
    { kind: 'directory', path: 'app', mode: 0o750, uid: 1, gid: 1 },
    { path: 'app/main.js', uid: 1, gid: 1, content: 'm'.repeat(1_500) },
    { path: toByteString('app/数据.json'), content: '{}' },
  ],
  [{ path: 'var/lib/.wh.lists' }, { path: 'app/main.js', uid: 1, gid: 1, content: 'n'.repeat(1_500) }],
];

/** What a container changed. */
const UPPER: readonly TestEntry[] = [{ path: 'root/.ash_history', content: 'ls\n' }, { path: 'etc/.wh.hosts' }];

/** Each layer of every image, as large as the image's share; what is in them is the same for all. */
export function makeFakeLayers(
  images: ReadonlyMap<string, Image>,
  containers: Pick<ContainerService, 'inspect'>,
): LayerService {
  const ofImage = ({ layers, sizeBytes }: Image): readonly Layer[] => {
    const chainIds = toChainIds(layers);
    return layers.map((diffId, index) => {
      const [chainId = toChainId(undefined, diffId), parent] = [chainIds[index], chainIds[index - 1]];
      return { diffId, chainId, sizeBytes: sizeBytes / layers.length, ...(parent === undefined ? {} : { parent }) };
    });
  };
  const list = () => [
    ...new Map([...images.values()].flatMap(ofImage).map((layer) => [layer.chainId, layer])).values(),
  ];
  const indexesOf = ({ layers }: Image) => layers.map((_, layer) => makeIndex(LAYERS[layer] ?? []));
  const find = async (ref: string) => await Promise.resolve(findFakeImage(images, ref));
  return {
    list: () => Promise.resolve(list()),
    inspect: async (id) => {
      const found = await Promise.resolve(list().find(({ chainId }) => chainId === id));
      if (found === undefined) throw new EngineError('not-found', `no layer ${id}`);
      return found;
    },
    ofImage: async (ref) => ofImage(await find(ref)),
    filesOfImage: async (ref) => createLayerFiles(indexesOf(await find(ref))),
    filesOfContainer: async (ref) => {
      const { imageId } = await containers.inspect(ref);
      return createLayerFiles([...indexesOf(await find(imageId)), makeIndex(UPPER)]);
    },
    readArchive: async (ref, source) => readFile(await find(ref), source),
  };
}

function readFile({ layers }: Image, { layer = layers.length - 1, path }: LayerPath): ByteStream {
  const name = path.slice(1);
  const entry = LAYERS.slice(0, layer + 1)
    .flat()
    .findLast((each) => each.path === name);
  if (entry === undefined) throw new EngineError('not-found', `no such file or directory: ${path}`);
  return streamOf(makeTar([{ ...entry, path: name.slice(name.lastIndexOf('/') + 1) }]));
}
