import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import type { ExitedState, ProcessIdentity } from '../../model/container.js';
import { EngineError, messageOf } from '../../model/errors.js';
import type { VolumeName } from '../../model/ids.js';
import type { StartOptions } from '../engine.js';
import { connectMonitor, type MonitorClient, openMonitorClient } from '../isolation/monitor-client.js';
import {
  type MonitorFailure,
  type MonitorOptions,
  type MonitorOutcome,
  spawnMonitor,
  type WaitingMonitor,
} from '../isolation/monitor-process.js';
import type { RuntimeSpec } from '../isolation/oci-spec.js';
import { applyStart, end } from './apply-journal.js';
import { followExit } from './attach.js';
import type { PendingAttach } from './attach-desk.js';
import { claimStart } from './claim-start.js';
import type { ConnectedRecord } from './connect-networks.js';
import type { ContainerParts } from './container-parts.js';
import type { ContainerRecord } from './container-record.js';
import { fillOwnVolumes } from './create.js';
import { makeNetworkAhead } from './monitor-plan.js';
import { findVolumeSources, makeCgroup, type PreparedRun, prepareRun, selectDevices } from './prepare-run.js';
import { hasOwnNetwork } from './spec-namespaces.js';
import { describeStartFailure } from './start-failure.js';
import { createUndoList, type UndoList } from './undo-list.js';

/**
 * The order of a start:
 *
 *     row: operation `start`, journal of the last run gone      claim-start.ts
 *     monitor, which waits for its plan                         isolation/monitor-process.ts, native/monitor.c
 *     volumes                                                   here and prepare-run.ts
 *     networks up, addresses and ports taken                    connect-networks.ts
 *     the monitor connects its namespace, while there come      isolation/monitor-process.ts, native/monitor.c
 *       cgroup with limits and devices, generated files         prepare-run.ts
 *       OCI spec → plan                                         prepare-run.ts
 *     the monitor gets it on descriptor 3                       isolation/monitor-process.ts
 *     `started` on descriptor 4, `start` in the journal         whichever is read first makes the row `running`
 *
 * On a failure everything is taken back, last first. An engine that dies in between leaves `operation` in the row: the next
 * one either sees the monitor's `start` line or takes it back (settle.ts).
 */
export async function startContainer(parts: ContainerParts, ref: string, options: StartOptions = {}): Promise<void> {
  const record = await claimStart(parts, ref);
  const waiting = parts.desk.take(record.id);
  const undo = createUndoList(parts.logger);
  try {
    // It comes to life, and makes its network namespace, while this process does all else.
    const monitor = await spawnMonitor(parts.spawner, chooseMonitor(record, waiting));
    undo.add('dismiss the monitor', () => monitor.dismiss());
    await monitor.asked;
    // Where the process that created it died before it could; what was emptied since stays so.
    if (record.lastInit === undefined) await fillOwnVolumes(parts, record);
    const volumes = await findVolumeSources(parts, record);
    const devices = selectDevices(record);
    const connected = await connect(parts, record);
    connectAhead(parts, connected, monitor);
    const cgroup = makeCgroup(parts, record, devices);
    undo.add('make the cgroup', () => cgroup.remove());
    const prepared = await prepareRun(parts, connected.record, {
      ...{ cgroup, devices, volumes, options },
      ...(connected.network && { network: connected.network }),
    });
    const { outcome, clients } = await launch(parts, connected.record, { monitor, prepared, waiting });
    if ('failed' in outcome) throw await toStartError(parts, outcome.failed);
    handOver(parts, record, clients, waiting);
    commitStart(parts, record, outcome.started);
    if (record.lastInit !== undefined) await tellLinked(parts, record);
    await connectOthers(parts, record, waiting.slice(clients.length));
  } catch (error) {
    for (const { settle } of waiting) settle(undefined);
    await undoStart(parts, record, undo);
    const failure = recordFailure(parts, record, error);
    if (record.config.autoRemove === true) await removeFailed(parts, record);
    throw failure;
  }
}

interface Launch {
  readonly outcome: MonitorOutcome;
  /** Of the first who wait for the start: clients that the monitor has from its own, on which nothing of the output is missed. */
  readonly clients: readonly MonitorClient[];
}

interface LaunchInput {
  readonly monitor: WaitingMonitor;
  readonly prepared: PreparedRun;
  readonly waiting: readonly PendingAttach[];
}

/** Once more, where the monitor has found that others have taken the firewall away; nothing has been made by then. */
async function launch(parts: ContainerParts, record: ContainerRecord, input: LaunchInput): Promise<Launch> {
  const first = await launchOnce(parts, record, input);
  const { outcome, clients } = first;
  if (!('failed' in outcome) || outcome.failed.operation !== 'network') return first;
  const { makeReady } = await import('./restore-firewall.js');
  if (!(await makeReady(parts, record, outcome.failed))) return first;
  for (const client of clients) client.close();
  const monitor = await spawnMonitor(parts.spawner, chooseMonitor(record, input.waiting));
  return await launchOnce(parts, record, { ...input, monitor });
}

async function launchOnce(parts: ContainerParts, record: ContainerRecord, input: LaunchInput): Promise<Launch> {
  const { prepared, waiting } = input;
  // Before the plan is on its way: with it the container may end, and be removed with its folder.
  keepSpec(parts, record, prepared);
  const monitor = input.monitor.start(prepared.plan);
  const clients = monitor.attached.map((stream, index) => openMonitorClient(stream, waiting[index]?.choice ?? {}));
  return { outcome: await monitor.outcome, clients };
}

function chooseMonitor(record: ContainerRecord, waiting: readonly PendingAttach[]): MonitorOptions {
  return { clients: waiting.length, hasOwnNetwork: canMakeNetwork(record) };
}

/** Kept, because to find a module that is there takes 0.1 ms. */
let connecting: Promise<typeof import('./connect-networks.js')> | undefined;

async function connect(parts: ContainerParts, record: ContainerRecord): Promise<ConnectedRecord> {
  if (record.networks.length === 0) return { record };
  connecting ??= import('./connect-networks.js');
  return await (await connecting).connectNetworks(parts, record);
}

/** A network namespace belongs to the user namespace in which it was made. */
function canMakeNetwork({ config, idMaps }: ContainerRecord): boolean {
  return idMaps === undefined && hasOwnNetwork(config);
}

function connectAhead(parts: ContainerParts, { record, network }: ConnectedRecord, monitor: WaitingMonitor): void {
  if (network !== undefined && canMakeNetwork(record)) monitor.connect(makeNetworkAhead(parts, record, network));
}

function handOver(
  parts: ContainerParts,
  record: ContainerRecord,
  clients: readonly MonitorClient[],
  waiting: readonly PendingAttach[],
): void {
  for (const [index, client] of clients.entries()) {
    followExit(parts, record, client);
    waiting[index]?.settle(client);
  }
}

/** Nobody has a link to one that has never run. */
async function tellLinked(parts: ContainerParts, record: ContainerRecord): Promise<void> {
  try {
    (await import('./follow-links.js')).followLinks(parts, record);
  } catch (error) {
    parts.logger.warn(`cannot tell the new address of ${record.name} to those that are linked to it`, error);
  }
}

/** A container that has ended already has nothing more to say to them. */
async function connectOthers(
  parts: ContainerParts,
  record: ContainerRecord,
  others: readonly PendingAttach[],
): Promise<void> {
  for (const { choice, settle } of others) {
    settle(await connectMonitor(parts.paths.socket(record.id), choice).catch(() => undefined));
  }
}

/** What another OCI runtime would need to run it, and what an exec needs of it. No start depends on it. */
function keepSpec({ paths, logger }: ContainerParts, { id, name }: ContainerRecord, prepared: PreparedRun): void {
  const { spec, seccompProgram } = prepared;
  const files = paths.container(id);
  try {
    mkdirSync(files.folder, { recursive: true, mode: 0o700 });
    writeFileSync(files.spec, toText(spec), { mode: 0o600 });
    if (seccompProgram === undefined) rmSync(files.seccomp, { force: true });
    else writeFileSync(files.seccomp, seccompProgram, { mode: 0o600 });
  } catch (error) {
    logger.warn(`cannot keep the runtime spec of ${name}`, error);
  }
}

/** JSON knows no bigint, which a seccomp profile of the user may have; to look for one in each value takes five times as long. */
function toText(spec: RuntimeSpec): string {
  try {
    return JSON.stringify(spec);
  } catch {
    return JSON.stringify(spec, (_key, value: unknown) => (typeof value === 'bigint' ? Number(value) : value));
  }
}

/** The journal's lines first, as a program may have ended already; then the monitor's word, where they had no `start` yet. */
function commitStart(parts: ContainerParts, { id }: ContainerRecord, init: ProcessIdentity): void {
  parts.journal.catchUp(id);
  parts.store.change(id, (current) => {
    const isTold = current.operation === undefined;
    return isTold ? undefined : applyStart(current, { init, atMs: parts.clock.nowMs() });
  });
}

async function toStartError({ volumes }: ContainerParts, failure: MonitorFailure): Promise<EngineError> {
  if (failure.operation === 'volume') {
    const volume = volumes.get(failure.target as VolumeName);
    const { describeMountFailure, describeErrno } = await import('../volumes/volume-source.js');
    return new EngineError('internal', describeMountFailure(volume, describeErrno(failure.errno, failure.message)));
  }
  const { kind, message } = describeStartFailure(failure);
  return new EngineError(kind, message);
}

async function undoStart({ paths }: ContainerParts, { id }: ContainerRecord, undo: UndoList): Promise<void> {
  await undo.run();
  rmSync(paths.socket(id), { force: true });
}

/** `--rm` holds for a start that failed too. */
async function removeFailed(parts: ContainerParts, { id, name }: ContainerRecord): Promise<void> {
  const { removeEnded } = await import('./remove.js');
  try {
    await removeEnded(parts, id);
  } catch (error) {
    // It is tried again at the next open.
    parts.logger.warn(`cannot remove ${name}`, error);
  }
}

/** As Docker does, a container whose start failed has an exit code and the reason. */
function recordFailure(parts: ContainerParts, { id }: ContainerRecord, error: unknown): unknown {
  const message = messageOf(error);
  const exitCode = exitCodeOf(error);
  const state: ExitedState = {
    status: 'exited',
    exitCode,
    startedAtMs: 0,
    finishedAtMs: parts.clock.nowMs(),
    oomKilled: false,
    error: message,
  };
  parts.store.change(id, (current) =>
    current.operation?.kind === 'start'
      ? end(current, state, [{ action: 'die', attributes: { exitCode: String(exitCode), execDuration: '0' } }])
      : undefined,
  );
  return error instanceof EngineError
    ? error
    : new EngineError('internal', `cannot start container ${id}: ${message}`, { cause: error });
}

function exitCodeOf(error: unknown): number {
  if (!(error instanceof EngineError)) return 128;
  if (error.kind === 'command-not-found') return 127;
  return error.kind === 'command-not-executable' ? 126 : 128;
}
