import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../../model/container.js';
import { EngineError } from '../../model/errors.js';
import { errnoOf } from '../../platform/kernel-file.js';
import type { SpecProcess } from '../isolation/oci-spec.js';
import type { BundleHooks } from './bundle-config.js';

/** A container as its folder has it. Written at `create`, once before and once after there is a process, and never changed. */
export interface ContainerState {
  readonly ociVersion: string;
  readonly id: string;
  readonly bundle: string;
  readonly rootfs: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly ownerUid: number;
  /** Below each hierarchy. */
  readonly cgroup: string;
  readonly process: SpecProcess;
  readonly hooks: BundleHooks;
  /** Who makes it, or has made it. */
  readonly creator: ProcessIdentity;
  /** Absent: there is none yet, or its creator has died. */
  readonly init?: ProcessIdentity;
}

/**
 *     <root>/<id>/            made by mkdir: who makes it has the id
 *       state.json            committed by its rename
 *       start                 a fifo, there until `start` takes it away: a byte in it lets the process go
 *       seccomp.bpf           the filter of the container, for `exec`
 *     <root>/.<id>.PID        on its way out
 */
export interface StateStore {
  /** Throws conflict: the id is taken; invalid-argument: it is no id. */
  claim(id: string): void;
  write(state: ContainerState): void;
  /** Throws not-found, in runc's words. */
  read(id: string): ContainerState;
  find(id: string): ContainerState | undefined;
  list(): readonly ContainerState[];
  /** Of two that remove it, one finds it. */
  remove(id: string): void;
  paths(id: string): { readonly start: string; readonly seccomp: string };
}

export function openStateStore(root: string): StateStore {
  const folderOf = (id: string) => join(root, checkId(id));
  const find = (id: string) => readState(join(folderOf(id), 'state.json'));
  return {
    claim(id) {
      const folder = folderOf(id);
      mkdirSync(root, { recursive: true, mode: 0o711 });
      try {
        mkdirSync(folder, { mode: 0o700 });
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
        throw new EngineError('conflict', `container with id exists: ${id}`);
      }
    },
    write(state) {
      const path = join(folderOf(state.id), 'state.json');
      writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
      renameSync(`${path}.new`, path);
    },
    read(id) {
      const state = find(id);
      if (state === undefined) throw new EngineError('not-found', 'container does not exist');
      return state;
    },
    find,
    list: () => readNames(root).flatMap((id) => readState(join(root, id, 'state.json')) ?? []),
    remove(id) {
      const gone = join(root, `.${id}.${process.pid}`);
      try {
        renameSync(folderOf(id), gone);
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return;
        throw error;
      }
      rmSync(gone, { recursive: true, force: true });
    },
    paths: (id) => ({ start: join(folderOf(id), 'start'), seccomp: join(folderOf(id), 'seccomp.bpf') }),
  };
}

/** runc's rule: it becomes the name of a folder. */
function checkId(id: string): string {
  if (/^[\w+.-]{1,1024}$/.test(id) && !/^\.{1,2}$/.test(id) && !id.startsWith('.')) return id;
  throw new EngineError('invalid-argument', `invalid id format: ${id}`);
}

function readNames(root: string): readonly string[] {
  try {
    return readdirSync(root).filter((name) => !name.startsWith('.'));
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Written whole or not at all, by this program; undefined where it is not there, or is not ours. */
function readState(path: string): ContainerState | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isState(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return undefined;
    throw error;
  }
}

function isState(value: unknown): value is ContainerState {
  return typeof value === 'object' && value !== null && 'id' in value && 'cgroup' in value && 'process' in value;
}
