import { existsSync, readFileSync } from 'node:fs';
import { EngineError } from '../../model/errors.js';
import type { OciState, OciStatus } from '../../model/oci-runtime.js';
import { isProcessAlive } from '../../platform/proc.js';
import { openCgroup } from './open-cgroup.js';
import type { RuntimeParts } from './runtime-parts.js';
import type { ContainerState } from './state-store.js';

/** What a container is at this moment: its folder says what was done, /proc and the cgroup what became of it. */
export function readStatus(parts: RuntimeParts, state: ContainerState): OciStatus {
  if (state.init === undefined) return isProcessAlive(state.creator) ? 'creating' : 'stopped';
  if (!isProcessAlive(state.init)) return 'stopped';
  if (openCgroup(parts, state).isFrozen()) return 'paused';
  return existsSync(parts.states.paths(state.id).start) ? 'created' : 'running';
}

export function toOciState(parts: RuntimeParts, state: ContainerState): OciState {
  const status = readStatus(parts, state);
  return {
    ociVersion: state.ociVersion,
    id: state.id,
    status,
    pid: status === 'stopped' ? 0 : (state.init?.pid ?? 0),
    bundle: state.bundle,
    ...(state.annotations && { annotations: state.annotations }),
    rootfs: state.rootfs,
    created: state.createdAt,
    owner: findUserName(state.ownerUid),
  };
}

/** The state of the spec alone: what hooks read. */
export function toHookState(state: ContainerState, status: OciStatus, pid: number): string {
  const { ociVersion, id, bundle, annotations } = state;
  return JSON.stringify({ ociVersion, id, status, pid, bundle, ...(annotations && { annotations }) });
}

/** Its first process. Throws conflict, with `what` as the beginning of the message. */
export function requireProcess(parts: RuntimeParts, state: ContainerState, what: string) {
  const status = readStatus(parts, state);
  if (status === 'stopped' || state.init === undefined) throw new EngineError('conflict', what);
  return { status, init: state.init };
}

function findUserName(uid: number): string {
  try {
    const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
    return lines.map((line) => line.split(':')).find((fields) => fields[2] === String(uid))?.[0] ?? String(uid);
  } catch {
    // A host without such a file has no names.
    return String(uid);
  }
}
