import type { ProcessIdentity } from '../../model/container.js';
import type { CgroupPaths } from './cgroup/driver.js';
import type { Plan } from './init-plan-encoding.js';
import { cgroupSettings, type MonitorSettings, monitorSettings } from './monitor-settings.js';
import type { SpecProcess } from './oci-spec.js';
import { processOperations } from './process-operations.js';

/** The plan of one more process in a running container: it enters the namespaces of `target`, which must still be that process. */
export function compileExecPlan(exec: {
  readonly process: SpecProcess;
  readonly target: ProcessIdentity;
  readonly seccompProgram?: Uint8Array;
  readonly settings: MonitorSettings;
}): Plan {
  const { process, target, settings } = exec;
  return {
    settings: [...monitorSettings(settings), ['target', target.pid, target.startTicks]],
    operations: [
      ['keyring', settings.id],
      ...processOperations(process, { ...exec, init: false, makeDirectory: false }),
    ],
  };
}

/** The plan of a health probe. The monitor that runs it adds the target, which is known only once the container runs. */
export function compileProbePlan(probe: {
  readonly id: string;
  readonly process: SpecProcess;
  readonly cgroup: CgroupPaths;
  readonly seccompProgram?: Uint8Array;
}): Plan {
  const { v1, v2 } = probe.cgroup;
  return {
    settings: [['id', probe.id], ...cgroupSettings({ v1, remove: [], ...(v2 !== undefined && { v2 }) })],
    operations: [
      ['keyring', probe.id],
      ...processOperations(probe.process, { ...probe, init: false, makeDirectory: false }),
    ],
  };
}
