import type { RegistryOptions, RegistryOutput, RunningRegistry } from '../../../model/registry-options.js';
import { openAccess } from './access/open-access.js';
import { createTagRules } from './access/tag-rules.js';
import { type Answering, answerRequest } from './answer-request.js';
import type { Dispatcher } from './dispatch.js';
import { startListener } from './http-listener.js';
import { createMetrics } from './metrics.js';
import { startMetricsListener } from './metrics-listener.js';
import { openPullThrough } from './proxy/open-pull-through.js';
import type { Upstream } from './proxy/upstream.js';
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
import { openRegistryStore } from './store/registry-store.js';
import { startUpkeep } from './upkeep.js';

/**
 * Serves the registry in a folder until it is stopped. Rejects: unavailable (address taken), conflict (folder is served),
 * invalid-argument (a file that it is given). With `images`, it is those that are served; the registry closes them.
 */
export async function serveRegistry(
  options: RegistryOptions,
  output: RegistryOutput,
  images?: Upstream,
): Promise<RunningRegistry> {
  const undo: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const store = openRegistryStore({ ...options, nowMs: Date.now });
    undo.push(store.close);
    undo.push(claimFolder(store, options.folder));
    undo.push(startUpkeep(store, options, output.warn));
    const metrics = createMetrics(store.database);
    const measuring = options.metricsListen && (await startMetricsListener(options.metricsListen, metrics));
    undo.push(() => measuring?.stop(0));
    const pullThrough = openPullThrough(store, { ...options, images }, output.warn);
    undo.push(() => pullThrough?.close());
    const dispatcher = createDispatcher({ store, pullThrough }, options, output);
    const counted: Answering['counted'] = new WeakMap();
    const answering: Answering = { dispatcher, metrics, counted, form: options.accessLog, access: output.access };
    const listener = await startListener({
      ...{ address: options.listen, idleMs: options.idleMs, tls: options.tls, warn: output.warn },
      onRequest: (request, response) => void answerRequest(answering, request, response),
    });
    undo.push(() => listener.stop(options.stopMs));
    return { url: listener.url, metricsUrl: measuring?.url, stop: close };
  } catch (error) {
    await close();
    throw error;
  }
}

function createDispatcher(
  parts: Pick<RegistryContext, 'store' | 'pullThrough'>,
  options: RegistryOptions,
  output: RegistryOutput,
): Dispatcher {
  const { maxManifestBytes, immutableTags } = options;
  const context = { ...parts, maxManifestBytes, tagRules: createTagRules(immutableTags) };
  // What a cache has is what the registry behind it has: nobody else puts anything into it.
  const isReadOnly = options.isReadOnly || parts.pullThrough !== undefined;
  const access = openAccess(options, output);
  return { routes: [...createRoutes(context), ...createTokenRoutes(access)], access, isReadOnly, warn: output.warn };
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
