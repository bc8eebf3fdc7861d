import type { RegistryOptions } from '../../../../model/registry-options.js';
import { createRegistryClient } from '../../client/create-registry-client.js';
import { readRegistrySettings } from '../../client/registry-settings.js';
import type { RegistryStore } from '../store/registry-store.js';
import { createClientUpstream } from './client-upstream.js';
import { createPullThrough, type PullThrough } from './pull-through.js';
import type { Upstream } from './upstream.js';

/** What `--proxy` is a cache of, or `images`; undefined without either. The caller closes it. */
export function openPullThrough(
  store: RegistryStore,
  { proxy, proxyTagMs, images }: RegistryOptions & { readonly images: Upstream | undefined },
  warn: (message: string) => void,
): PullThrough | undefined {
  const common = { store, nowMs: Date.now, warn };
  // What is on this host is asked at once.
  if (images !== undefined) return createPullThrough({ ...common, upstream: images, tagMs: 0 });
  if (proxy === undefined) return undefined;
  const client = createRegistryClient(() => readRegistrySettings(process.env));
  const upstream = createClientUpstream(client, proxy);
  return createPullThrough({ ...common, upstream, tagMs: proxyTagMs });
}
