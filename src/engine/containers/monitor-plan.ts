import type { Cgroup } from '../isolation/cgroup/driver.js';
import { compileProbePlan } from '../isolation/exec-plan.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import { compileNetworkAhead, type HealthSettings, type MonitorSettings } from '../isolation/monitor-settings.js';
import type { SpecProcess } from '../isolation/oci-spec.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';

export interface MonitorNeeds {
  readonly cgroup: Cgroup;
  readonly deviceProgram?: Uint8Array;
  /** The container's own process: probes run as it does. */
  readonly process: SpecProcess;
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly seccompProgram?: Uint8Array;
  /** From `connectNetworks`. */
  readonly network?: Uint8Array;
}

/** What the monitor of a container is told besides the operations of its first process. */
export function makeMonitorSettings(
  parts: ContainerParts,
  record: ContainerRecord,
  { cgroup, deviceProgram, process, terminal, seccompProgram, network }: MonitorNeeds,
): MonitorSettings {
  const { id, config } = record;
  const { paths } = parts;
  const health = makeHealthSettings(record, { cgroup, process, ...(seccompProgram && { seccompProgram }) });
  const cleanup = config.autoRemove === true ? parts.cleanupCommand?.(id) : undefined;
  return {
    id,
    socket: paths.socket(id),
    lock: paths.lock(id),
    journal: paths.journal(id),
    ...(config.log?.driver !== 'none' && {
      log: {
        path: paths.container(id).log,
        maxBytes: config.log?.maxSizeBytes ?? 0,
        maxFiles: config.log?.maxFiles ?? 1,
      },
    }),
    ...(terminal && { terminal }),
    stdin: selectStdin(record),
    ...(config.restartPolicy && { restart: config.restartPolicy }),
    ...(health && { health }),
    cgroup: cgroup.paths,
    ...(deviceProgram && { deviceProgram }),
    ...(network && { network: toNetworkSettings(parts, id, network) }),
    ...(cleanup && { exitCommand: cleanup }),
  };
}

/** What a monitor is told of a container's network before all else is known; `network` is from `connectNetworks`. */
export function makeNetworkAhead(
  parts: Pick<ContainerParts, 'paths'>,
  { id }: Pick<ContainerRecord, 'id'>,
  network: Uint8Array,
): Plan {
  return compileNetworkAhead({ lock: parts.paths.lock(id), network: toNetworkSettings(parts, id, network) });
}

function toNetworkSettings({ paths }: Pick<ContainerParts, 'paths'>, id: ContainerRecord['id'], plan: Uint8Array) {
  return { plan, changePath: paths.networkChange(id) };
}

function selectStdin({ config }: ContainerRecord): MonitorSettings['stdin'] {
  if (config.openStdin !== true) return 'none';
  return config.stdinOnce === true ? 'once' : 'open';
}

/** Docker's defaults of HEALTHCHECK. */
const HEALTH_DEFAULTS = { intervalMs: 30_000, timeoutMs: 30_000, startPeriodMs: 0, startIntervalMs: 5_000, retries: 3 };

function makeHealthSettings(
  { id, healthcheck }: ContainerRecord,
  { cgroup, process, seccompProgram }: MonitorNeeds,
): HealthSettings | undefined {
  if (healthcheck === undefined) return undefined;
  const [kind, ...words] = healthcheck.test ?? [];
  const args = kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : words;
  const plan = compileProbePlan({
    id,
    process: { ...process, terminal: false, args },
    cgroup: cgroup.paths,
    ...(seccompProgram && { seccompProgram }),
  });
  const pick = (field: keyof typeof HEALTH_DEFAULTS): number => healthcheck[field] || HEALTH_DEFAULTS[field];
  return {
    intervalMs: pick('intervalMs'),
    timeoutMs: pick('timeoutMs'),
    startPeriodMs: pick('startPeriodMs'),
    startIntervalMs: pick('startIntervalMs'),
    retries: pick('retries'),
    plan,
  };
}
