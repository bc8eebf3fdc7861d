import { join } from 'node:path';
import { EngineError } from '../../model/errors.js';
import type { OciProcessRow, OciRuntime, OciRuntimeSettings } from '../../model/oci-runtime.js';
import { readProcessStat, readProcessStatus, readProcFile } from '../../platform/proc.js';
import type { CgroupDriver } from '../isolation/cgroup/driver.js';
import { toOciState } from './container-status.js';
import { deleteContainer, killContainer } from './end-container.js';
import { openCgroup, openCgroups } from './open-cgroup.js';
import { pauseContainer, resumeContainer } from './pause.js';
import { readStats } from './read-stats.js';
import type { RuntimeParts } from './runtime-parts.js';
import { startContainer } from './start.js';
import { openStateStore } from './state-store.js';

/**
 * An OCI runtime over the isolation room; `program` is gantry-init. Joins the verbs and decides nothing. Callers start it several times for
 * each container, most often to look: what makes processes is loaded when one is made. Throws permission-denied.
 */
export function openOciRuntime(program: string, { root, warn }: OciRuntimeSettings): OciRuntime {
  if (process.getuid?.() !== 0) throw new EngineError('permission-denied', 'the runtime must run as root');
  const states = openStateStore(root);
  let cgroups: CgroupDriver | undefined;
  const load = async () => (await import('./process-verbs.js')).openProcessVerbs(parts);
  const parts: RuntimeParts = {
    program,
    states,
    cgroups: () => (cgroups ??= openCgroups()),
    seccompFolder: join(root, '.seccomp'),
    warn,
    runInContainer: async (...call) => (await load()).runInContainer(...call),
  };
  return {
    create: async (...call) => (await load()).create(...call),
    start: (id) => startContainer(parts, id),
    run: async (...call) => (await load()).run(...call),
    state: (id) => toOciState(parts, states.read(id)),
    list: () => states.list().map((state) => toOciState(parts, state)),
    kill: (...call) => killContainer(parts, ...call),
    delete: (...call) => deleteContainer(parts, ...call),
    exec: async (...call) => (await load()).exec(...call),
    update: async (...call) => (await load()).update(...call),
    pause: (id) => pauseContainer(parts, id),
    resume: (id) => resumeContainer(parts, id),
    processes: (id) => openCgroup(parts, states.read(id)).processes().flatMap(readProcess),
    readStats: (id) => Promise.resolve(readStats(parts, id)),
    defaultConfig: async () => (await load()).defaultConfig(),
    features: async () => (await load()).features(),
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
