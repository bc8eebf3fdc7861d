import type { TagRules } from './access/tag-rules.js';
import type { RegistryStore } from './store/registry-store.js';

/** What the routes work with. */
export interface RegistryContext {
  readonly store: RegistryStore;
  readonly tagRules: TagRules;
  /** Largest manifest, bytes. */
  readonly maxManifestBytes: number;
}
