import type { TagRules } from './access/tag-rules.js';
import type { PullThrough } from './proxy/pull-through.js';
import type { RegistryStore } from './store/registry-store.js';

/** What the routes work with. */
export interface RegistryContext {
  readonly store: RegistryStore;
  readonly tagRules: TagRules;
  /** Where this registry is a cache in front of another. */
  readonly pullThrough: PullThrough | undefined;
  /** Largest manifest, bytes. */
  readonly maxManifestBytes: number;
}
