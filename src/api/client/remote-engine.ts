import type { Agent } from 'node:http';
import type { Engine, EngineInfo, EventOptions, RegistryService } from '../../engine/engine.js';
import { EngineError } from '../../model/errors.js';
import type { EngineEvent } from '../../model/events.js';
import { formatRemoteEndpoint, type RemoteEndpoint } from '../../model/remote-endpoint.js';
import { API_VERSION, MIN_API_VERSION } from '../../model/version.js';
import { fromWireEvent } from '../wire/from-event.js';
import { fromWireDiskUsage, fromWireInfo, fromWireVersion } from '../wire/from-system.js';
import { type ApiClient, compareVersions, createApiClient, ping } from './api-client.js';
import { createConnector } from './connector.js';
import { formatSeconds } from './container-streams.js';
import { createContainers } from './containers.js';
import type { FindCredentials } from './image-transfers.js';
import { createImages } from './images.js';
import { createNetworks } from './networks.js';
import { readBytes, readJsonLines } from './read-stream.js';
import { createVolumes } from './volumes.js';

export interface RemoteEngineOptions {
  readonly endpoint: RemoteEndpoint;
  /** Registries are spoken to from here: what the user has for them is here too. */
  readonly registries: RegistryService;
  readonly findCredentials: FindCredentials;
}

/** What a new connection of ssh costs, a socket does not. */
const PARALLEL = { unix: 16, tcp: 16, ssh: 3 } as const;

/**
 * The engine behind Docker's API: dockerd, podman's service, or another Gantry. Resolves when it has answered and the version is agreed
 * on. Rejects: unavailable, permission-denied (the socket), invalid-argument (the address, the files of TLS, a version that is too old).
 */
export async function openRemoteEngine({
  endpoint,
  registries,
  findCredentials,
}: RemoteEngineOptions): Promise<Engine> {
  const url = formatRemoteEndpoint(endpoint);
  const agent = createConnector(endpoint);
  try {
    const apiVersion = await negotiate(agent, url);
    const client = createApiClient({ agent, url, apiVersion, parallel: PARALLEL[endpoint.kind] });
    return joinServices({ client, url, registries, findCredentials });
  } catch (error) {
    agent.destroy();
    throw error;
  }
}

/** The older one of what both speak. */
async function negotiate(agent: Agent, url: string): Promise<string> {
  const { 'api-version': told } = await ping(agent, url);
  const offered = typeof told === 'string' && /^\d+\.\d+$/.test(told) ? told : MIN_API_VERSION;
  if (compareVersions(offered, MIN_API_VERSION) < 0) {
    const message = `the engine at ${url} speaks version ${offered} of Docker's API, which is too old: ${MIN_API_VERSION} is the least`;
    throw new EngineError('invalid-argument', message);
  }
  return compareVersions(offered, API_VERSION) < 0 ? offered : API_VERSION;
}

interface Services extends Pick<RemoteEngineOptions, 'registries' | 'findCredentials'> {
  readonly client: ApiClient;
  readonly url: string;
}

function joinServices({ client, url, registries, findCredentials }: Services): Engine {
  let info: Promise<EngineInfo> | undefined;
  const readInfo = async () => fromWireInfo(await client.json({ method: 'GET', path: '/info' }));
  const readMemoryBytes = async (): Promise<number> => {
    info ??= readInfo();
    return (await info).memoryBytes;
  };
  const containers = createContainers(client, readMemoryBytes);
  return {
    containers,
    images: createImages({ client, containers, findCredentials }),
    networks: createNetworks(client, containers),
    volumes: createVolumes(client, containers),
    registries,
    system: {
      ping: () => client.run({ method: 'GET', path: '/_ping' }),
      version: async () => fromWireVersion(await client.json({ method: 'GET', path: '/version' })),
      info: async () => ({ ...(await readInfo()), endpoint: url }),
      diskUsage: async () => fromWireDiskUsage(await client.json({ method: 'GET', path: '/system/df' })),
      // What its host can do, the endpoint does not tell.
      capabilities: () => Promise.resolve([]),
    },
    events: (options) => followEvents(client, options),
    close: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** It is asked for at the call, so that nothing that is done afterwards is missed. */
function followEvents(client: ApiClient, { sinceMs, untilMs, signal }: EventOptions = {}): AsyncIterable<EngineEvent> {
  const query = { since: formatSeconds(sinceMs), until: formatSeconds(untilMs) };
  const answer = client.follow({ method: 'GET', path: '/events', query, ...(signal && { signal }) });
  // Whoever iterates is told.
  answer.catch(() => undefined);
  return readEvents();

  async function* readEvents(): AsyncGenerator<EngineEvent> {
    try {
      for await (const value of readJsonLines(readBytes(await answer, signal))) {
        const event = fromWireEvent(value);
        if (event !== undefined) yield event;
      }
    } catch (error) {
      if (signal?.aborted !== true) throw error;
    }
  }
}
