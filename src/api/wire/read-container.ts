import type { Engine } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { Image } from '../../model/image.js';
import { toWireContainer, type WireContainer } from './container.js';

/** Docker adds these two where sizes are asked for, bytes. */
export interface WireSizes {
  readonly SizeRw: number;
  readonly SizeRootFs: number;
}

/** All that is told of a container, with its sizes where they are asked for. Rejects: not-found. */
export async function readWireContainer(
  engine: Engine,
  ref: string,
  { size }: { readonly size: boolean },
): Promise<WireContainer & Partial<WireSizes>> {
  const container = await engine.containers.inspect(ref);
  const [{ storageDriver }, image, volumes, sizes] = await Promise.all([
    engine.system.info(),
    findImage(engine, container.imageId),
    engine.volumes.list(),
    size ? engine.containers.readSizes?.([container.id]) : undefined,
  ]);
  const found = sizes?.get(container.id);
  return {
    ...toWireContainer(container, { image, storageDriver, volumes }),
    ...(found && { SizeRw: found.writableBytes, SizeRootFs: found.rootfsBytes }),
  };
}

/** An image may be gone while a container made of it is still there. */
async function findImage(engine: Engine, id: string): Promise<Image | undefined> {
  try {
    return await engine.images.inspect(id);
  } catch (error) {
    if (error instanceof EngineError && error.kind === 'not-found') return undefined;
    throw error;
  }
}
