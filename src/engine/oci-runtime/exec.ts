import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import type { OciExecOptions, OciProcess, OciStreams } from '../../model/oci-runtime.js';
import { compileExecPlan } from '../isolation/exec-plan.js';
import type { Plan } from '../isolation/init-plan-encoding.js';
import type { SpecProcess } from '../isolation/oci-spec.js';
import { readProcess } from './bundle-config.js';
import { requireProcess } from './container-status.js';
import { writePidFile } from './create.js';
import { launchProcess, toOciProcess } from './launch-process.js';
import { openCgroup } from './open-cgroup.js';
import { readHostLabels, refuseProcess } from './refuse-config.js';
import type { RuntimeParts } from './runtime-parts.js';
import { checkStreams, detachPlan, processSettings } from './runtime-plan.js';
import type { ContainerState } from './state-store.js';
import { toProcess } from './to-runtime-spec.js';

/** One more process in a container. Throws not-found, conflict (it does not run, or is paused), invalid-argument. */
export async function execInContainer(parts: RuntimeParts, id: string, options: OciExecOptions): Promise<OciProcess> {
  const state = parts.states.read(id);
  const { status, init } = requireProcess(parts, state, 'cannot exec in a stopped container');
  if (status === 'paused' && !options.ignorePaused) {
    const message = 'cannot exec in a paused container (use --ignore-paused to override)';
    throw new EngineError('conflict', message);
  }
  const process = options.processFile === undefined ? changeProcess(state.process, options) : readProcessFile(options);
  checkStreams(process, options, !options.detach);
  const launched = await launchProcess(parts, {
    what: 'exec failed: ',
    plan: detachPlan(compilePlan(parts, state, { process, init }), options),
    preservedDescriptors: options.preservedDescriptors,
    waits: !options.detach,
  });
  if (options.pidFile !== undefined) writePidFile(options.pidFile, launched.process.pid);
  return toOciProcess(launched);
}

const NO_STREAMS: OciStreams = { preservedDescriptors: 0 };

/** Runs a program in the container to its end; resolves with its exit code. */
export async function runInContainer(
  parts: RuntimeParts,
  state: ContainerState,
  { process, input }: { readonly process: SpecProcess; readonly input: string },
): Promise<number> {
  const { init } = requireProcess(parts, state, 'cannot exec in a stopped container');
  const plan = detachPlan(compilePlan(parts, state, { process, init }), NO_STREAMS);
  const launched = await launchProcess(parts, { plan, preservedDescriptors: 0, waits: true, input });
  return await launched.exit;
}

function compilePlan(
  parts: RuntimeParts,
  state: ContainerState,
  { process, init }: { readonly process: SpecProcess; readonly init: ProcessIdentity },
): Plan {
  const seccompProgram = readSeccomp(parts.states.paths(state.id).seccomp);
  return compileExecPlan({
    process,
    target: init,
    ...(seccompProgram && { seccompProgram }),
    settings: processSettings(state.id, process, openCgroup(parts, state).paths),
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

function readProcessFile({ processFile = '' }: OciExecOptions): SpecProcess {
  const process = readProcess(processFile);
  refuseProcess(process, readHostLabels());
  return toProcess(process);
}

/** The container's own process with what the command line says of this one. */
function changeProcess(own: SpecProcess, options: OciExecOptions): SpecProcess {
  const { args, capabilities: added, additionalGids } = options;
  if (args.length === 0) throw new EngineError('invalid-argument', 'exec args cannot be empty');
  const { bounding, effective, permitted, inheritable, ambient } = own.capabilities;
  const withAdded = (names: readonly string[]) => [...new Set([...names, ...added])];
  return {
    ...own,
    terminal: options.terminal,
    args,
    cwd: options.cwd ?? own.cwd,
    env: [...own.env, ...options.env],
    user: { ...own.user, ...parseUser(options.user), additionalGids: [...own.user.additionalGids, ...additionalGids] },
    noNewPrivileges: own.noNewPrivileges || options.noNewPrivileges,
    capabilities: {
      bounding: withAdded(bounding),
      effective: withAdded(effective),
      permitted: withAdded(permitted),
      inheritable,
      ambient,
    },
  };
}

/** Numbers only: names are the image's, and the runtime knows no image. */
function parseUser(text: string | undefined): Pick<SpecProcess['user'], 'uid' | 'gid'> | undefined {
  if (text === undefined) return undefined;
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(text) ?? [];
  if (uid === undefined)
    throw new EngineError('invalid-argument', `parsing ${text} as int for uid failed: invalid syntax`);
  return { uid: Number(uid), gid: Number(gid ?? 0) };
}
