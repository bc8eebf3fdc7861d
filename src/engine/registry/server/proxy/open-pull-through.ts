import type { RegistryOptions } from '../../../../model/registry-options.js';
import { createRegistryClient } from '../../client/registry-client.js';
import { readRegistrySettings } from '../../client/registry-settings.js';
import type { RegistryStore } from '../store/registry-store.js';
import { createClientUpstream } from './client-upstream.js';
import { createPullThrough, type PullThrough } from './pull-through.js';

/** The cache of `--proxy`; undefined without. The caller closes it. */
export function openPullThrough(
  store: RegistryStore,
  { proxy, proxyTagMs }: RegistryOptions,
  warn: (message: string) => void,
): PullThrough | undefined {
  if (proxy === undefined) return undefined;
  const client = createRegistryClient(() => readRegistrySettings(process.env));
  const upstream = createClientUpstream(client, proxy);
  return createPullThrough({ store, upstream, tagMs: proxyTagMs, nowMs: Date.now, warn });
}
