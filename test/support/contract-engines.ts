import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { TestContext } from 'node:test';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { openRemoteEngine } from '../../src/api/client/remote-engine.js';
import type { Engine } from '../../src/engine/engine.js';
import { EngineError } from '../../src/model/errors.js';
import type { RemoteEndpoint } from '../../src/model/remote-endpoint.js';
import { openApi } from './api.js';
import { addTestImage, makeEngineWorld } from './engine-world.js';
import { requires } from './requires.js';

/** One way to an engine that the contract holds for. It has the image `busybox`, and nothing else, and ends with the test. */
export interface ContractEngine {
  readonly name: string;
  readonly needs: { readonly skip?: string };
  /** What Docker's API does not tell, or dockerd says otherwise, is compared less closely. */
  readonly isRemote: boolean;
  readonly isDockerd: boolean;
  open(t: TestContext): Promise<Engine>;
}

const needs = requires('root', 'overlay', 'command:busybox');

export const CONTRACT_ENGINES: readonly ContractEngine[] = [
  { name: 'local', needs, isRemote: false, isDockerd: false, open: (t) => makeEngineWorld(t).open() },
  {
    ...{ name: 'remote, gantry daemon', needs, isRemote: true, isDockerd: false },
    open: async (t) => await openRemoteAt(t, (await openApi(t)).socketPath),
  },
  {
    ...{ name: 'remote, dockerd', isRemote: true, isDockerd: true },
    needs: requires('root', 'overlay', 'command:busybox', 'command:dockerd', 'command:docker'),
    open: openDockerd,
  },
];

/** The engine behind a socket; closed with the test at the latest. */
export async function openRemoteAt(t: TestContext, path: string): Promise<Engine> {
  const engine = await openRemote({ kind: 'unix', path });
  t.after(() => engine.close());
  return engine;
}

/** Without any registry. */
export function openRemote(endpoint: RemoteEndpoint): Promise<Engine> {
  const refuse = () => Promise.reject(new EngineError('not-implemented', 'the test has no registry'));
  return openRemoteEngine({
    endpoint,
    registries: {
      ...{ login: refuse, authenticate: refuse, checkLogin: refuse, logout: refuse },
      ...{ search: refuse, manifest: refuse, describe: refuse, tags: refuse },
    },
    findCredentials: () => Promise.resolve(undefined),
  });
}

async function openDockerd(t: TestContext): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-dockerd-'));
  const dockerd = await startDockerd(folder, basename(folder));
  if (dockerd === undefined) throw new Error('no dockerd');
  const engine = await openRemote({ kind: 'unix', path: dockerd.socket });
  t.after(async () => {
    // It would wait for each to end by itself.
    for (const { id } of await engine.containers.list({ all: true }))
      await engine.containers.remove(id, { force: true });
    await engine.close();
    await dockerd.close();
    rmSync(folder, { recursive: true });
  });
  await addTestImage(engine);
  return engine;
}
