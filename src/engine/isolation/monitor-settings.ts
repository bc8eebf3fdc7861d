import type { RestartPolicy } from '../../model/container-config.js';
import type { CgroupPaths } from './cgroup/driver.js';
import { encodePlan, type Plan, type PlanSetting } from './init-plan-encoding.js';

/** What the monitor of one container, or of one exec, is told besides the operations. native/README.md, settings. */
export interface MonitorSettings {
  readonly id: string;
  /** Attach socket, lock and journal: paths in a folder of mode 0700. */
  readonly socket?: string;
  readonly lock?: string;
  readonly journal?: string;
  /** `maxBytes` 0: never rotated. */
  readonly log?: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number };
  readonly terminal?: { readonly columns: number; readonly rows: number };
  readonly stdin: 'none' | 'open' | 'once' | 'hang-up';
  readonly restart?: RestartPolicy;
  readonly health?: HealthSettings;
  readonly cgroup: CgroupPaths;
  /** From `compileDeviceProgram`; `cgroup.v2` gets it before anything is in it. */
  readonly deviceProgram?: Uint8Array;
  /** Wait after the clone until network devices have been moved in. */
  readonly handshake?: boolean;
  /** The plan of its networks, and the file in which a change of them is found. */
  readonly network?: { readonly plan: Uint8Array; readonly changePath: string };
  /** Run once the last exit is in the journal. */
  readonly exitCommand?: { readonly args: readonly string[]; readonly env: readonly string[] };
}

export interface HealthSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
  /** From `compileProbePlan`. */
  readonly plan: Plan;
}

/** The settings in the order of the table. */
export function monitorSettings(settings: MonitorSettings): readonly PlanSetting[] {
  const { log, terminal, restart, health, exitCommand } = settings;
  return [
    ['id', settings.id],
    ...text('socket', settings.socket),
    ...text('lock', settings.lock),
    ...text('journal', settings.journal),
    ...one(log && ['log', log.path, log.maxBytes, log.maxFiles]),
    ...one(terminal && ['terminal', terminal.columns, terminal.rows]),
    ['stdin', settings.stdin],
    ...one(restart && ['restart', restart.name, (restart.name === 'on-failure' && restart.maxRetries) || 0]),
    ...one(health && healthSetting(health)),
    ...cgroupSettings(settings.cgroup),
    ...one(settings.deviceProgram && ['device-program', settings.deviceProgram]),
    ...one(settings.handshake ? ['handshake'] : undefined),
    ...one(settings.network && networkSetting(settings.network)),
    ...one(exitCommand && ['exit-command', ...exitCommand.args]),
    ...one(exitCommand && ['environment', ...exitCommand.env]),
  ];
}

/** What a monitor connects a container's network by before it has the rest of the plan, in which both are once more. */
export function compileNetworkAhead({ lock, network }: Pick<MonitorSettings, 'lock' | 'network'>): Plan {
  return { settings: [...text('lock', lock), ...one(network && networkSetting(network))], operations: [] };
}

/** The groups a process is born into. */
export function cgroupSettings(cgroup: CgroupPaths): readonly PlanSetting[] {
  return [
    ...list('cgroup-v1', cgroup.v1),
    ...text('cgroup-v2', cgroup.v2),
    ...one(cgroup.oom && ['oom', cgroup.oom.version, cgroup.oom.directory]),
    ...list('cgroup-remove', cgroup.remove),
  ];
}

function healthSetting(health: HealthSettings): PlanSetting {
  const { intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries, plan } = health;
  return ['health', intervalMs, timeoutMs, startPeriodMs, startIntervalMs, retries, encodePlan(plan)];
}

function networkSetting({ plan, changePath }: NonNullable<MonitorSettings['network']>): PlanSetting {
  return ['network', plan, changePath];
}

function one(setting: PlanSetting | undefined): readonly PlanSetting[] {
  return setting === undefined ? [] : [setting];
}

function text(word: PlanSetting[0], value: string | undefined): readonly PlanSetting[] {
  return value === undefined ? [] : [[word, value]];
}

function list(word: PlanSetting[0], values: readonly string[]): readonly PlanSetting[] {
  return values.length === 0 ? [] : [[word, ...values]];
}
