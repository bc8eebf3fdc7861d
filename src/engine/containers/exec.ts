import { readFileSync } from 'node:fs';
import { hostname as readHostname } from 'node:os';
import type { Exec, ExecConfig, RunningState } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { ExecId } from '../../model/ids.js';
import { randomHex } from '../../platform/random.js';
import type { AttachedStreams, AttachOptions } from '../engine.js';
import { compileExecPlan } from '../isolation/exec-plan.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import { type MonitorClient, openMonitorClient } from '../isolation/monitor-client.js';
import { spawnMonitor, type WaitingMonitor } from '../isolation/monitor-process.js';
import { resolveUser } from '../isolation/users.js';
import { createAttachedStreams, type StreamDeed } from './attached-streams.js';
import { toCgroupName } from './cgroup-name.js';
import { refuseZeroBytes } from './check-config.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { finishExec, settleExec } from './exec-journal.js';
import { openLegacyLinks } from './open-legacy-links.js';
import { readUserFiles } from './read-root-file.js';
import { selectHostname } from './spec-namespaces.js';
import { toExecProcess } from './spec-process.js';
import { describeStartFailure } from './start-failure.js';

/** Throws not-found, conflict (not running, or paused), invalid-argument (no command). */
export function createExec(parts: ContainerParts, ref: string, config: ExecConfig): ExecId {
  if (config.command.length === 0) throw new EngineError('invalid-argument', 'No exec command specified');
  refuseZeroBytes(config);
  const { id } = parts.store.resolve(ref);
  const record = parts.journal.catchUp(id) ?? parts.store.resolve(ref);
  requireRunning(record);
  const exec: Exec = { id: randomHex(32) as ExecId, containerId: id, config, state: { status: 'created' } };
  parts.database.transaction(() => {
    parts.execs.insert(exec);
    parts.store.tell(record, { action: 'exec_create', attributes: execAttributes(exec) });
  });
  return exec.id;
}

/**
 * Starts it, once. With neither stdin, stdout nor stderr nobody is attached and it runs by itself. Throws not-found, conflict
 * (started already; the container does not run), command-not-found, command-not-executable, and then it has exited.
 */
export async function startExec(
  parts: ContainerParts,
  id: ExecId,
  options: AttachOptions = {},
): Promise<AttachedStreams> {
  const exec = parts.execs.get(id);
  const record = parts.journal.catchUp(exec.containerId) ?? parts.store.resolve(exec.containerId);
  const state = requireRunning(record);
  claimExec(parts, record, exec);
  const { stdin = false, stdout = false, stderr = false } = options;
  const isAttached = stdin || stdout || stderr;
  let client: MonitorClient | undefined;
  let waiting: WaitingMonitor | undefined;
  try {
    // It comes to life while the plan is made.
    waiting = await spawnMonitor(parts.spawner, { clients: isAttached ? 1 : 0 });
    await waiting.asked;
    const monitor = waiting.start(await makePlan(parts, record, { exec, state }));
    const [stream] = monitor.attached;
    client = stream && openMonitorClient(stream, { stdin, stdout, stderr });
    const outcome = await monitor.outcome;
    if ('failed' in outcome) {
      const { kind, message, exitCode } = describeStartFailure(outcome.failed);
      finishExec(parts, id, exitCode);
      throw new EngineError(
        kind,
        message.replace('failed to create task for container: OCI runtime create', 'OCI runtime exec'),
      );
    }
    const { pid } = outcome.started;
    // A short program may have ended, and been noted, before this.
    parts.execs.change(id, (current) =>
      current.state.status === 'running' ? { ...current, state: { status: 'running', pid } } : undefined,
    );
  } catch (error) {
    await waiting?.dismiss();
    client?.close();
    finishExec(parts, id, 126);
    throw error;
  }
  void client?.exit.then((exit) => exit && finishExec(parts, id, exit.exitCode));
  const tell = ({ action }: StreamDeed): void => {
    if (action === 'detach') tellDetach(parts, id);
  };
  return createAttachedStreams({ client: Promise.resolve(client), tell }, options.signal);
}

/** Of an exec that goes on. */
function tellDetach({ end, execs, store }: ContainerParts, id: ExecId): void {
  const exec = end.aborted ? undefined : execs.find(id);
  const record = exec?.state.status === 'running' ? store.get(exec.containerId) : undefined;
  if (record !== undefined) store.tell(record, { action: 'exec_detach', attributes: { execID: id } });
}

export function inspectExec(parts: ContainerParts, id: ExecId): Exec {
  settleExec(parts, id);
  const { starter: _, ...exec } = parts.execs.get(id);
  return exec;
}

/** It is told of before it runs, as Docker does: an exec that ends at once must not be told of the other way round. */
function claimExec(
  { database, execs, store, owner: starter }: ContainerParts,
  record: ContainerRecord,
  { id }: Exec,
): void {
  const claimed = database.transaction(() => {
    const exec = execs.change(id, (current) =>
      current.state.status === 'created' ? { ...current, starter, state: { status: 'running', pid: 0 } } : undefined,
    );
    if (exec !== undefined) store.tell(record, { action: 'exec_start', attributes: execAttributes(exec) });
    return exec;
  });
  if (claimed !== undefined) return;
  const isRunning = execs.get(id).state.status === 'running';
  const reason = isRunning ? 'is already running' : 'has already run';
  throw new EngineError('conflict', `Error: Exec command ${id} ${reason}`);
}

async function makePlan(
  parts: ContainerParts,
  record: ContainerRecord,
  { exec, state }: { readonly exec: Exec; readonly state: RunningState },
): Promise<Plan> {
  const { config, process, id } = record;
  const { variables: linked } = await openLegacyLinks(parts, record, { isRunning: true });
  const { paths } = parts;
  const wish = exec.config;
  const layer = parts.layers.writable.get(id);
  const user = resolveUser(
    wish.user ?? process.user,
    wish.user === undefined ? (config.groupAdd ?? []) : [],
    await readUserFiles(parts.program, layer),
  );
  const terminal = wish.tty === true ? (wish.terminal ?? { columns: 80, rows: 24 }) : undefined;
  const seccompProgram = readSeccomp(paths.container(id).seccomp);
  return compileExecPlan({
    process: toExecProcess(
      {
        config,
        process: { ...process, env: { ...linked, ...process.env } },
        user,
        hostname: selectHostname(id, config, readHostname()),
        availableCapabilities: parts.host.capabilities,
        ...(terminal && { terminal }),
      },
      wish,
    ),
    target: state.init,
    ...(seccompProgram && { seccompProgram }),
    settings: {
      id: exec.id,
      socket: paths.socket(exec.id),
      lock: paths.lock(exec.id),
      journal: paths.journal(exec.id),
      ...(terminal && { terminal }),
      stdin: wish.stdin !== true ? 'none' : wish.hangsUp === true ? 'hang-up' : 'once',
      // The group is the container's and stays.
      cgroup: { ...parts.cgroups.open(toCgroupName(record)).paths, remove: [] },
    },
  });
}

function readSeccomp(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch {
    // The container is unconfined.
    return undefined;
  }
}

function requireRunning({ id, state }: ContainerRecord): RunningState {
  switch (state.status) {
    case 'running':
      return state;
    case 'paused':
      throw new EngineError('conflict', `Container ${id} is paused, unpause the container before exec`);
    case 'restarting':
      throw new EngineError('conflict', `Container ${id} is restarting, wait until the container is running`);
    case 'created':
    case 'exited':
    case 'removing':
    case 'dead':
      throw new EngineError('conflict', `container ${id} is not running`);
  }
}

function execAttributes({ id, config }: Exec): Readonly<Record<string, string>> {
  return { execID: id, execCommand: config.command.join(' ') };
}
