import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { OciProcessRow, OciRuntime, OciRuntimeSettings } from '../../model/oci-runtime.js';
import { readProcessStat, readProcessStatus, readProcFile } from '../../platform/proc.js';
import { toOciState } from './container-status.js';
import { openCgroup } from './open-cgroup.js';
import { openStateStore } from './state-store.js';

/**
 * An OCI runtime over the isolation room; `program` is gantry-init. Joins the verbs and decides nothing. Callers run it several times for
 * each container, so that each verb is loaded when it is called. Throws permission-denied.
 */
export function openOciRuntime(program: string, { root, warn }: OciRuntimeSettings): OciRuntime {
  if (process.getuid?.() !== 0) throw new EngineError('permission-denied', 'the runtime must run as root');
  const states = openStateStore(root);
  const parts = { program, states, seccompFolder: join(root, '.seccomp'), warn };
  return {
    async create(id, options) {
      await (await import('./create.js')).createContainer(parts, id, options);
    },
    start: async (id) => (await import('./start.js')).startContainer(parts, id),
    run: async (id, options) => (await import('./run.js')).runContainer(parts, id, options),
    state: (id) => toOciState(states, states.read(id)),
    list: () => states.list().map((state) => toOciState(states, state)),
    kill: async (...call) => (await import('./end-container.js')).killContainer(parts, ...call),
    delete: async (...call) => (await import('./end-container.js')).deleteContainer(parts, ...call),
    exec: async (id, options) => (await import('./exec.js')).execInContainer(parts, id, options),
    update: async (...call) => (await import('./update.js')).updateContainer(parts, ...call),
    pause: async (id) => (await import('./update.js')).pauseContainer(parts, id),
    resume: async (id) => (await import('./update.js')).resumeContainer(parts, id),
    processes: (id) => openCgroup(states.read(id).cgroup).processes().flatMap(readProcess),
    readStats: async (id) => (await import('./read-stats.js')).readStats(parts, id),
    defaultConfig: async () => (await import('./default-config.js')).formatDefaultConfig(),
    features: async () => (await import('./features.js')).listFeatures(),
  };
}

/** Nothing of a process that ends meanwhile. */
function readProcess(pid: number): readonly OciProcessRow[] {
  const stat = readProcessStat(pid);
  if (stat === undefined) return [];
  const words = (readProcFile(pid, 'cmdline') ?? '').split('\0').filter(Boolean);
  const uid = Number(readProcessStatus(pid)?.get('Uid')?.split(/\s/)[0] ?? 0);
  return [{ uid, pid, parentPid: stat.parentPid, command: words.join(' ') || `[${stat.name}]` }];
}
