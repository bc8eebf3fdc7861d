import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RegistryOptions, RegistryOutput, RunningRegistry } from '../../../model/registry-options.js';
import { openAccess } from './access/open-access.js';
import { createTagRules } from './access/tag-rules.js';
import { formatAccessLine } from './access-log.js';
import { type Dispatcher, dispatch } from './dispatch.js';
import { startListener } from './http-listener.js';
import type { RegistryContext } from './registry-context.js';
import type { Route } from './route.js';
import { createBaseRoutes } from './routes/base.js';
import { createBlobRoutes } from './routes/blobs.js';
import { createManifestRoutes } from './routes/manifests.js';
import { createReferrerRoutes } from './routes/referrers.js';
import { createListRoutes } from './routes/tags.js';
import { createTokenRoutes } from './routes/token.js';
import { createUploadRoutes } from './routes/uploads.js';
import { claimFolder } from './store/claim-folder.js';
import { openRegistryStore, type RegistryStore } from './store/registry-store.js';

/** Serves the registry in a folder until it is stopped. Rejects: unavailable (address taken), conflict (folder is served). */
export async function serveRegistry(options: RegistryOptions, output: RegistryOutput): Promise<RunningRegistry> {
  const store = openRegistryStore({ ...options, nowMs: Date.now });
  const release = claimFolder(store, options.folder);
  try {
    const sweeper = startSweeping(store, options);
    const dispatcher = createDispatcher(store, options, output);
    const listener = await startListener({
      address: options.listen,
      idleMs: options.idleMs,
      tls: options.tls,
      warn: output.warn,
      onRequest: (request, response) => void answer({ dispatcher, options, output }, request, response),
    });
    return {
      url: listener.url,
      async stop() {
        clearInterval(sweeper);
        await listener.stop(options.stopMs);
        release();
        store.close();
      },
    };
  } catch (error) {
    release();
    store.close();
    throw error;
  }
}

const SWEEP_MS = 60_000;

/** Uploads that nobody goes on with go now and then. */
function startSweeping(store: RegistryStore, { uploadIdleMs }: RegistryOptions): NodeJS.Timeout {
  store.uploads.sweep(uploadIdleMs);
  return setInterval(() => store.uploads.sweep(uploadIdleMs), SWEEP_MS).unref();
}

function createDispatcher(store: RegistryStore, options: RegistryOptions, output: RegistryOutput): Dispatcher {
  const { maxManifestBytes, immutableTags } = options;
  const context = { store, maxManifestBytes, tagRules: createTagRules(immutableTags) };
  const access = openAccess(options, output);
  const routes = [...createRoutes(context), ...createTokenRoutes(access)];
  return { routes, access, isReadOnly: options.isReadOnly, warn: output.warn };
}

/** The table of all routes; the first whose path fits is taken. */
function createRoutes(context: RegistryContext): readonly Route[] {
  return [
    ...createBaseRoutes(),
    ...createListRoutes(context),
    ...createManifestRoutes(context),
    ...createUploadRoutes(context),
    ...createBlobRoutes(context),
    ...createReferrerRoutes(context),
  ];
}

interface Answering {
  readonly dispatcher: Dispatcher;
  readonly options: RegistryOptions;
  readonly output: RegistryOutput;
}

async function answer(
  { dispatcher, options: { accessLog }, output }: Answering,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const atMs = Date.now();
  const startMs = performance.now();
  const closed = new Promise<void>((resolve) => response.once('close', resolve));
  const remote = request.socket.remoteAddress ?? '-';
  const handled = await dispatch(dispatcher, request, response);
  await closed;
  if (accessLog === 'none') return;
  const durationMs = performance.now() - startMs;
  output.access(formatAccessLine(accessLog, { request, response, remote, atMs, durationMs, ...handled }));
}
