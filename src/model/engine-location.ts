import type { EngineChoice } from './context.js';
import type { FirewallBackend } from './firewall-backend.js';
import type { ServiceSettings } from './service-settings.js';

/** Where an engine keeps its state, or which one to speak to. */
export interface EngineLocation extends EngineChoice {
  readonly root?: string;
  readonly runRoot?: string;
  /** The one of this process, whatever variables and the chosen context say. */
  readonly isOwn?: boolean;
  /** As `--userns-remap`: `default`, a user, or a range. */
  readonly usernsRemap?: string;
  /** As `--storage-driver`: Docker's name of one. */
  readonly storageDriver?: string;
  readonly firewallBackend?: FirewallBackend;
  /** What a service sets of its own engine; absent: what the files of its user say. */
  readonly service?: ServiceSettings;
}
