import type { HostCapability } from '../model/host-capability.js';
import { readHostCapabilities } from './isolation/host-capabilities.js';
import { probeHost } from './isolation/host-probe.js';
import { listStorageCapabilities } from './layers/drivers/driver-support.js';

/** What this host can do for an engine with its state root there. Reads files only; works where no engine can be opened. */
export function reportHost(root: string): readonly HostCapability[] {
  const probe = probeHost();
  return [...readHostCapabilities(probe), ...listStorageCapabilities(root, probe)];
}
