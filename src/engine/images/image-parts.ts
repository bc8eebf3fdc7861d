import type { EventSubject } from '../../model/events.js';
import type { Clock } from '../../platform/clock.js';
import type { Database } from '../../platform/database.js';
import type { ProcessSpawner } from '../../platform/process-spawner.js';
import type { ContentStore } from '../content/content-store.js';
import type { Leases } from '../content/leases.js';
import type { LayerStore } from '../layers/layer-store.js';
import type { RegistryClient } from '../registry/client/registry-client.js';
import type { ImageStore } from './image-store.js';

/** What the verbs on images work with. */
export interface ImageParts {
  readonly database: Database;
  readonly content: ContentStore;
  readonly leases: Leases;
  readonly layers: LayerStore;
  readonly images: ImageStore;
  readonly registries: RegistryClient;
  readonly clock: Clock;
  /** Path of gantry-init. */
  readonly program: string;
  /** Starts its short roles. */
  readonly spawner: ProcessSpawner;
  /** Tells what happened; called inside the transaction of the change. */
  readonly publish: (subject: EventSubject) => void;
}
