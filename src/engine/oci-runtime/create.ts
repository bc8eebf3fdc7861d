import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { EngineError, messageOf } from '../../model/errors.js';
import type { OciCreateOptions } from '../../model/oci-runtime.js';
import { readOwnIdentity } from '../../platform/proc.js';
import { compileDeviceProgram } from '../isolation/cgroup/device-program.js';
import type { Cgroup } from '../isolation/cgroup/driver.js';
import { parseHierarchies } from '../isolation/host-facts.js';
import { compileInitPlan } from '../isolation/init-plan.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import type { RuntimeSpec } from '../isolation/oci-spec.js';
import { loadSeccompProgram } from '../isolation/seccomp-cache.js';
import { type BundleConfig, readBundleConfig } from './bundle-config.js';
import { type LaunchedProcess, launchProcess } from './launch-process.js';
import { selectCgroupPath, toCgroupName } from './open-cgroup.js';
import { readHostLabels, refuseConfig } from './refuse-config.js';
import { runHooks } from './run-hooks.js';
import type { RuntimeParts } from './runtime-parts.js';
import { checkStreams, detachPlan, processSettings } from './runtime-plan.js';
import type { ContainerState } from './state-store.js';
import { toLimits } from './to-limits.js';
import { toRuntimeSpec } from './to-runtime-spec.js';

/**
 * The order of a creation:
 *
 *     config.json read, refused where it asks for what there is not
 *     <root>/ID made, state.json without a process          state-store.ts
 *     cgroup with limits and devices
 *     the process, by gantry-init                           launch-process.ts, native/runtime.c
 *       its namespaces are there: hooks prestart, createRuntime
 *       it has done all but execve: state.json with it, pid file
 *       it is let go and waits at <root>/ID/start; its parent ends
 *
 * On a failure all is taken back. What a creator that was killed has left, `delete --force` takes: its process has ended with it.
 */
export async function createContainer(
  parts: RuntimeParts,
  id: string,
  options: OciCreateOptions,
  waits = false,
): Promise<LaunchedProcess> {
  const bundle = resolve(options.bundle);
  const config = readBundleConfig(join(bundle, 'config.json'));
  refuseConfig(config, readHostLabels());
  const spec = toRuntimeSpec(config, bundle);
  checkStreams(spec.process, options, waits);
  const cgroups = parts.cgroups();
  const path = selectCgroupPath(spec.linux.cgroupsPath, id);
  const { limits } = cgroups.check(toLimits(config.linux?.resources ?? {}));
  parts.states.claim(id);
  let cgroup: Cgroup | undefined;
  try {
    const state = toState({ id, bundle, config, spec, cgroup: path });
    parts.states.write(state);
    cgroup = cgroups.create(toCgroupName(path), { limits, devices: spec.linux.resources?.devices ?? [] });
    return await launch(parts, { state, spec, cgroup, options, waits });
  } catch (error) {
    await undo(parts, id, cgroup);
    throw error;
  }
}

/** What cannot be taken back is told, and left with its state for `delete`. */
async function undo({ states, warn }: RuntimeParts, id: string, cgroup: Cgroup | undefined): Promise<void> {
  try {
    await cgroup?.remove();
    states.remove(id);
  } catch (error) {
    warn(`cannot undo the creation of ${id}: ${messageOf(error)}`);
  }
}

interface StateSource {
  readonly id: string;
  readonly bundle: string;
  readonly config: BundleConfig;
  readonly spec: RuntimeSpec;
  readonly cgroup: string;
}

function toState({ id, bundle, config, spec, cgroup }: StateSource): ContainerState {
  return {
    ociVersion: config.ociVersion,
    id,
    bundle,
    rootfs: spec.root.path,
    ...(config.annotations && { annotations: config.annotations }),
    createdAt: new Date().toISOString(),
    ownerUid: process.getuid?.() ?? 0,
    cgroup,
    process: spec.process,
    hooks: config.hooks ?? {},
    creator: readOwnIdentity(),
  };
}

interface Prepared {
  readonly state: ContainerState;
  readonly spec: RuntimeSpec;
  readonly cgroup: Cgroup;
  readonly options: OciCreateOptions;
  readonly waits: boolean;
}

async function launch(parts: RuntimeParts, prepared: Prepared): Promise<LaunchedProcess> {
  const { state, options, waits } = prepared;
  const { prestart = [], createRuntime = [] } = state.hooks;
  const hooks = [...prestart, ...createRuntime];
  const plan = await compilePlan(parts, prepared, hooks.length > 0);
  return await launchProcess(parts, {
    plan: detachPlan(plan, options, parts.states.paths(state.id).start),
    preservedDescriptors: options.preservedDescriptors,
    waits,
    onCreated: (pid) => runHooks(hooks, state, 'creating', pid),
    onWaiting: (init) => {
      parts.states.write({ ...state, init });
      if (options.pidFile !== undefined) writePidFile(options.pidFile, init.pid);
    },
  });
}

async function compilePlan(
  { states, cgroups, seccompFolder }: RuntimeParts,
  { state, spec, cgroup, options }: Prepared,
  handshake: boolean,
): Promise<Plan> {
  const { seccomp, resources } = spec.linux;
  const seccompProgram = seccomp && (await loadSeccompProgram(seccompFolder, seccomp));
  if (seccompProgram) writeFileSync(states.paths(state.id).seccomp, seccompProgram, { mode: 0o600 });
  const { deviceControl } = cgroups();
  if (deviceControl === 'none') requireNoMknod(spec);
  const deviceProgram = deviceControl === 'program' ? compileDeviceProgram(resources?.devices ?? []) : undefined;
  const plan = compileInitPlan(
    {
      spec,
      ...(seccompProgram && { seccompProgram }),
      init: false,
      cgroupHierarchies: parseHierarchies(readFileSync('/proc/self/mountinfo', 'utf8')),
    },
    {
      ...processSettings(state.id, spec.process, cgroup.paths),
      ...(deviceProgram && { deviceProgram }),
      handshake,
    },
  );
  const operations = plan.operations.filter(([word]) => word !== 'keyring' || options.newKeyring);
  return { ...plan, operations };
}

/** Where device rules are not enforced, whoever may make a node may open any device. */
function requireNoMknod({ process }: RuntimeSpec): void {
  if (!process.capabilities.bounding.includes('CAP_MKNOD')) return;
  throw new EngineError(
    'not-implemented',
    'CAP_MKNOD is not possible: this host does not enforce the rules of devices',
  );
}

/** Whoever sees the file finds a number in it. */
export function writePidFile(path: string, pid: number): void {
  const temporary = join(dirname(path), `.${basename(path)}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(temporary, String(pid), { mode: 0o644 });
  renameSync(temporary, path);
}
