import assert from 'node:assert/strict';
import type { Engine } from '../../src/engine/engine.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { EngineError, type ErrorKind } from '../../src/model/errors.js';
import type { ContainerId } from '../../src/model/ids.js';

export async function createContainer(engine: Engine, config: Partial<ContainerConfig> = {}): Promise<ContainerId> {
  const { id } = await engine.containers.create({ image: 'busybox', command: ['sleep', '1000'], ...config });
  return id;
}

export async function startNew(engine: Engine, config: Partial<ContainerConfig> = {}): Promise<ContainerId> {
  const id = await createContainer(engine, config);
  await engine.containers.start(id);
  return id;
}

/** Asserts that it rejects with this kind and message of EngineError. */
export async function refuses(act: Promise<unknown>, kind: ErrorKind, message: string | RegExp): Promise<void> {
  await assert.rejects(act, (error) => {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.kind, kind, error.message);
    if (typeof message === 'string') assert.equal(error.message, message);
    else assert.match(error.message, message);
    return true;
  });
}
