import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { makeRuntimeSpec } from '../../src/engine/containers/runtime-spec.js';
import type { RuntimeSpecInput } from '../../src/engine/containers/runtime-spec-input.js';
import type { Donor } from '../../src/engine/containers/spec-namespaces.js';
import { toExecProcess } from '../../src/engine/containers/spec-process.js';
import { compileDeviceProgram } from '../../src/engine/isolation/cgroup/device-program.js';
import type { Cgroup } from '../../src/engine/isolation/cgroup/driver.js';
import { compileExecPlan } from '../../src/engine/isolation/exec-plan.js';
import { compileInitPlan } from '../../src/engine/isolation/init-plan.js';
import { type MonitorClient, type MonitorExit, openMonitorClient } from '../../src/engine/isolation/monitor-client.js';
import { type MonitorFailure, spawnMonitor } from '../../src/engine/isolation/monitor-process.js';
import type { MonitorSettings } from '../../src/engine/isolation/monitor-settings.js';
import type { OutputChunk } from '../../src/engine/isolation/output-queue.js';
import { loadSeccompProgram } from '../../src/engine/isolation/seccomp-cache.js';
import type { ExecConfig, ProcessIdentity } from '../../src/model/container.js';
import type { ContainerConfig } from '../../src/model/container-config.js';
import type { ProcessSpawner } from '../../src/platform/process-spawner.js';
import { openRealWorld, openUnifiedWorld } from './cgroup-worlds.js';
import { makeSpawner } from './process-spawner.js';
import { specInput } from './runtime-spec-input.js';

export interface ContainerOptions {
  readonly config?: Partial<ContainerConfig>;
  readonly spec?: Partial<RuntimeSpecInput>;
  /** Changes the image before it is used; the folder is its root. */
  readonly change?: (root: string) => void;
  readonly stdin?: MonitorSettings['stdin'];
  /** In a group of the unified hierarchy alone, as on a host without v1. */
  readonly isOnV2?: boolean;
}

export interface Ended {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: MonitorExit | undefined;
}

/** A container that runs; when the test ends, nothing of it is left. */
export interface IsolatedContainer {
  readonly init: ProcessIdentity;
  readonly client: MonitorClient;
  readonly socket: string;
  readonly cgroup: Cgroup;
  readonly ended: Promise<Ended>;
  asDonor(): Donor;
  exec(config: ExecConfig): Promise<Ended>;
}

/** Starts a container of busybox through spec, plan and monitor, as the engine does. Rejects with the monitor's failure. */
export async function startContainer(
  test: TestContext,
  args: readonly string[],
  options: ContainerOptions = {},
): Promise<IsolatedContainer> {
  const { config = {} } = options;
  const id = randomBytes(32).toString('hex');
  const folder = mkdtempSync(join(tmpdir(), 'gantry-container-'));
  const world = options.isOnV2 === true ? openUnifiedWorld() : openRealWorld();
  const root = makeImage(folder);
  options.change?.(root);
  const input = specInput(config, args, { rootPath: root, ...options.spec });
  const bundle = { ...(await makeBundle(input, folder, root)), init: config.init === true };
  const devices = bundle.spec.linux.resources?.devices ?? [];
  const cgroup = world.driver.create({ id }, { limits: {}, devices });
  const program = world.driver.deviceControl === 'program' ? compileDeviceProgram(devices) : undefined;
  const settings = { ...makeSettings({ id, folder, options, cgroup }), ...(program && { deviceProgram: program }) };
  const spawner = makeSpawner(test);
  const start = (await spawnMonitor(spawner, { clients: 1 })).start(compileInitPlan(bundle, settings));
  const [attached] = start.attached;
  if (attached === undefined) throw new Error('no attach client');
  const client = openMonitorClient(attached, { stdin: true, stdout: true, stderr: true });
  const ended = collect(client);
  test.after(async () => {
    await client.makeExitFinal().catch(() => undefined);
    await cgroup.kill();
    await ended;
    await world.close();
    rmSync(folder, { recursive: true });
  });
  const outcome = await start.outcome;
  if ('failed' in outcome) throw new StartError(outcome.failed);
  return {
    init: outcome.started,
    client,
    socket: settings.socket ?? '',
    cgroup,
    ended,
    asDonor: () => ({
      name: 'donor',
      pid: outcome.started.pid,
      config: input.config,
      isRemapped: input.idMaps !== undefined,
    }),
    exec: (exec) =>
      execute({ input, exec, target: outcome.started, settings, program: bundle.seccompProgram, spawner }),
  };
}

/** A start that failed, with what the monitor said of it. */
export class StartError extends Error {
  readonly failure: MonitorFailure;

  constructor(failure: MonitorFailure) {
    super(`${failure.operation} ${failure.target}: ${failure.message}: ${failure.errno}`);
    this.failure = failure;
  }
}

/** Runs a container to its end and gives what it wrote. */
export async function runContainer(
  test: TestContext,
  args: readonly string[],
  options: ContainerOptions = {},
): Promise<Ended> {
  const { ended } = await startContainer(test, args, options);
  return ended;
}

/** A root with busybox, users and groups, and the folders that images have. */
function makeImage(folder: string): string {
  const root = join(folder, 'image');
  for (const name of ['bin', 'etc', 'tmp', 'root', 'srv', 'var']) mkdirSync(join(root, name), { recursive: true });
  for (const path of [folder, root]) chmodSync(path, 0o755);
  chmodSync(join(root, 'tmp'), 0o1777);
  copyFileSync('/bin/busybox', join(root, 'bin/busybox'));
  for (const applet of execFileSync('/bin/busybox', ['--list'], { encoding: 'utf8' }).split('\n').filter(Boolean)) {
    if (applet !== 'busybox') symlinkSync('busybox', join(root, 'bin', applet));
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/root:/bin/sh\nweb:x:1000:1000::/srv:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\nweb:x:1000:\nlog:x:1001:web\n');
  return root;
}

function makeSettings(parts: {
  readonly id: string;
  readonly folder: string;
  readonly options: ContainerOptions;
  readonly cgroup: Cgroup;
}): MonitorSettings {
  const { id, folder, options, cgroup } = parts;
  return {
    id,
    socket: join(folder, 'socket'),
    lock: join(folder, 'lock'),
    journal: join(folder, 'journal'),
    log: { path: join(folder, 'log'), maxBytes: 0, maxFiles: 1 },
    ...(options.config?.tty && { terminal: options.spec?.terminal ?? { columns: 80, rows: 24 } }),
    stdin: options.stdin ?? 'none',
    ...(options.config?.restartPolicy && { restart: options.config.restartPolicy }),
    cgroup: cgroup.paths,
  };
}

async function makeBundle(input: RuntimeSpecInput, folder: string, root: string) {
  const spec = makeRuntimeSpec(input);
  const [upper, work] = [join(folder, 'rw/upper'), join(folder, 'rw/work')];
  for (const path of [upper, work]) mkdirSync(path, { recursive: true });
  return {
    spec,
    overlay: { lower: [root], writable: { upper, work } },
    ...(spec.linux.seccomp && {
      seccompProgram: await loadSeccompProgram(join(folder, 'seccomp'), spec.linux.seccomp),
    }),
    cgroupHierarchies: input.host.cgroupHierarchies,
  };
}

async function execute(parts: {
  readonly input: RuntimeSpecInput;
  readonly exec: ExecConfig;
  readonly target: ProcessIdentity;
  readonly settings: MonitorSettings;
  readonly program: Buffer | undefined;
  readonly spawner: ProcessSpawner;
}): Promise<Ended> {
  const { input, exec, target, settings, program, spawner } = parts;
  const plan = compileExecPlan({
    process: toExecProcess({ ...input, availableCapabilities: input.host.capabilities }, exec),
    target,
    ...(program && { seccompProgram: program }),
    settings: {
      id: 'exec',
      stdin: 'none',
      cgroup: { v1: settings.cgroup.v1, remove: [], ...(settings.cgroup.v2 && { v2: settings.cgroup.v2 }) },
      ...(exec.tty && { terminal: exec.terminal ?? { columns: 80, rows: 24 } }),
    },
  });
  const start = (await spawnMonitor(spawner, { clients: 1 })).start(plan);
  const [attached] = start.attached;
  if (attached === undefined) throw new Error('no attach client');
  const ended = collect(openMonitorClient(attached, { stdin: true, stdout: true, stderr: true }));
  const outcome = await start.outcome;
  if ('failed' in outcome) throw new StartError(outcome.failed);
  return ended;
}

async function collect(client: MonitorClient): Promise<Ended> {
  const chunks: OutputChunk[] = [];
  for await (const chunk of client.output) chunks.push(chunk);
  const textOf = (stream: OutputChunk['stream']) =>
    Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString();
  return { stdout: textOf('stdout'), stderr: textOf('stderr'), exit: await client.exit };
}
