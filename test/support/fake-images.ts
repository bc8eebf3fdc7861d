import { createHash } from 'node:crypto';
import type { ByteStream, ImageService, PruneOptions, RegistryOptions } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import { type Digest, isDigest } from '../../src/model/ids.js';
import type { EmbeddedImageName, Image, PullProgress, PushProgress } from '../../src/model/image.js';
import { type FakeTransfers, runTransfer } from './fake-transfers.js';

/** What the image service of the fake engine needs of the rest. */
export interface FakeImageHost {
  readonly images: Map<string, Image>;
  nowMs(): number;
  emit(action: 'pull' | 'tag' | 'untag' | 'delete' | 'import' | 'load', image: Image, name: string): void;
}

export function digestOf(text: string): Digest {
  const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
  if (!isDigest(digest)) {
    throw new Error('sha256 gives a digest');
  }
  return digest;
}

/** An image of one layer with these names; its id is made of the first. */
export function makeFakeImage(repoTags: readonly string[], change: Partial<Image> = {}): Image {
  const seed = repoTags[0] ?? 'untagged';
  return {
    id: digestOf(seed) as Image['id'],
    repoTags,
    repoDigests: [],
    createdAtMs: Date.UTC(2026, 0, 1),
    sizeBytes: 4_270_000,
    platform: { os: 'linux', architecture: 'amd64' },
    layers: [digestOf(`layer of ${seed}`) as Image['layers'][number]],
    config: { command: ['sh'], env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' } },
    ...change,
  };
}

function withTag(name: string): string {
  return /:[^/]*$/.test(name) ? name : `${name}:latest`;
}

/** The image that a name, an id or an id prefix means. Rejects: not-found. */
export function findFakeImage(images: ReadonlyMap<string, Image>, ref: string): Image {
  const all = [...images.values()];
  const hex = ref.replace(/^sha256:/, '');
  const found =
    all.find((image) => image.repoTags.includes(withTag(ref))) ??
    (/^[0-9a-f]{4,}$/.test(hex) ? all.find((image) => image.id.startsWith(`sha256:${hex}`)) : undefined);
  if (found === undefined) {
    throw new EngineError('not-found', `No such image: ${withTag(ref)}`);
  }
  return found;
}

function refuse(what: string): EngineError {
  return new EngineError('not-implemented', `${what} is not implemented yet`);
}

async function* refusing<T>(what: string): AsyncGenerator<T> {
  await Promise.reject(refuse(what));
  yield* [];
}

async function readAll(stream: ByteStream): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

export async function* streamOf(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield bytes;
}

export class FakeImages implements ImageService {
  /** What tests let come from registries and go to them. */
  readonly transfers: FakeTransfers = { pull: new Map(), push: new Map() };
  readonly #host: FakeImageHost;

  constructor(host: FakeImageHost) {
    this.#host = host;
  }

  list(): Promise<readonly Image[]> {
    return Promise.resolve([...this.#host.images.values()].sort((a, b) => b.createdAtMs - a.createdAtMs));
  }

  async inspect(ref: string): Promise<Image> {
    return await Promise.resolve(findFakeImage(this.#host.images, ref));
  }

  async *pull(ref: string, options: RegistryOptions = {}): AsyncGenerator<PullProgress> {
    const name = withTag(ref);
    yield* runTransfer(this.transfers, 'pull', { name, ...options });
    const image = makeFakeImage([name]);
    this.#keep(image);
    this.#host.emit('pull', image, name);
    yield {
      phase: 'done',
      imageId: image.id,
      references: [name],
      digest: digestOf(`manifest of ${name}`),
      isNew: true,
    };
  }

  async *push(ref: string, options: RegistryOptions = {}): AsyncGenerator<PushProgress> {
    const name = withTag(ref);
    await this.inspect(name);
    yield* runTransfer(this.transfers, 'push', { name, ...options });
    yield { phase: 'done', tag: name.slice(name.lastIndexOf(':') + 1), digest: digestOf(name), sizeBytes: 528 };
  }

  copy(): ReturnType<ImageService['copy']> {
    return refusing('copy');
  }

  build(): ReturnType<ImageService['build']> {
    return refusing('build');
  }

  async tag(source: string, target: string): Promise<void> {
    const image = await this.inspect(source);
    this.#untag(withTag(target));
    this.#keep({ ...image, repoTags: [...image.repoTags, withTag(target)] });
    this.#host.emit('tag', image, withTag(target));
  }

  async remove(ref: string): ReturnType<ImageService['remove']> {
    const image = await this.inspect(ref);
    const name = image.repoTags.find((tag) => tag === withTag(ref));
    if (name !== undefined && image.repoTags.length > 1) {
      this.#keep({ ...image, repoTags: image.repoTags.filter((tag) => tag !== name) });
      this.#host.emit('untag', image, name);
      return [{ untagged: name }];
    }
    this.#host.images.delete(image.id);
    this.#host.emit('delete', image, image.id);
    return [...image.repoTags.map((untagged) => ({ untagged })), { deleted: image.id }];
  }

  async prune({
    all = false,
    preview = false,
  }: PruneOptions & { readonly all?: boolean } = {}): ReturnType<ImageService['prune']> {
    const unused = (await this.list()).filter((image) => all || image.repoTags.length === 0);
    for (const image of preview ? [] : unused) {
      this.#host.images.delete(image.id);
      this.#host.emit('delete', image, image.id);
    }
    return { removed: unused.map((image) => image.id), reclaimedBytes: unused.length * 1000 };
  }

  async history(ref: string): ReturnType<ImageService['history']> {
    const image = await this.inspect(ref);
    return [
      { createdAtMs: image.createdAtMs, createdBy: 'CMD ["sh"]', sizeBytes: 0, emptyLayer: true },
      {
        createdAtMs: image.createdAtMs,
        createdBy: 'ADD root.tar / # buildkit',
        sizeBytes: image.sizeBytes,
        emptyLayer: false,
      },
    ];
  }

  async save(refs: readonly string[]): Promise<ByteStream> {
    const images = await Promise.all(refs.map((ref) => this.inspect(ref)));
    return streamOf(Buffer.from(JSON.stringify(images.map((image) => image.repoTags))));
  }

  async *load(tar: ByteStream): AsyncGenerator<PullProgress> {
    const names: unknown = JSON.parse((await readAll(tar)).toString());
    const references = Array.isArray(names) ? names.flat().map(String) : [];
    const image = makeFakeImage(references);
    this.#keep(image);
    this.#host.emit('load', image, image.id);
    yield { phase: 'done', imageId: image.id, references };
  }

  async import(tar: ByteStream, options: Parameters<ImageService['import']>[1] = {}): Promise<Image> {
    const bytes = await readAll(tar);
    const image = makeFakeImage(options.reference === undefined ? [] : [withTag(options.reference)], {
      id: digestOf(bytes.toString('hex')) as Image['id'],
      sizeBytes: bytes.length,
      createdAtMs: this.#host.nowMs(),
      ...(options.message === undefined ? {} : { comment: options.message }),
    });
    this.#keep(image);
    this.#host.emit('import', image, image.id);
    return image;
  }

  embedded(): ReturnType<ImageService['embedded']> {
    return Promise.resolve([
      { name: 'host', description: "the host's own /usr, read-only" },
      { name: 'busybox', description: "the host's static busybox" },
      { name: 'hello', description: 'one static program', unavailable: 'no program for this architecture' },
    ]);
  }

  addEmbedded(name: EmbeddedImageName): Promise<Image> {
    const image = makeFakeImage([`${name}:latest`], { embedded: name });
    this.#keep(image);
    return Promise.resolve(image);
  }

  bootstrap(): AsyncIterable<PullProgress> {
    return refusing('bootstrap');
  }

  #keep(image: Image): void {
    this.#host.images.set(image.id, image);
  }

  #untag(name: string): void {
    for (const image of this.#host.images.values()) {
      if (image.repoTags.includes(name)) {
        this.#keep({ ...image, repoTags: image.repoTags.filter((tag) => tag !== name) });
      }
    }
  }
}
