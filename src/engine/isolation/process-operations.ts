import { toMask } from './capabilities.js';
import type { PlanOperation } from './init-plan-encoding.js';
import type { SpecProcess } from './oci-spec.js';
import { UNLIMITED } from './rlimits.js';

export interface ProcessOptions {
  /** A filter that `compileSeccomp` made; absent: unconfined. */
  readonly seccompProgram?: Uint8Array;
  /** The process stays as a small init above the program. */
  readonly init: boolean;
  /** Make the working directory where it is missing, as at a container's start. */
  readonly makeDirectory: boolean;
}

/**
 * The last operations of every process: from full rights to the program. The order matters:
 * the bounding set while there is CAP_SETPCAP; the working directory as root, because the user may not be able to enter it
 * but to be in it; the user; the filter while there is CAP_SYS_ADMIN, or after no_new_privs where that is asked for, so that
 * the calls before it need not be in the policy; capabilities last.
 */
export function processOperations(process: SpecProcess, options: ProcessOptions): readonly PlanOperation[] {
  const seccomp: readonly PlanOperation[] =
    options.seccompProgram === undefined ? [] : [['seccomp', options.seccompProgram]];
  const capabilities = capabilitiesOperation(process);
  return [
    ...limitOperations(process),
    ['umask', (process.user.umask ?? 0o022).toString(8)],
    ['bounding', toHex(process.capabilities.bounding)],
    ['directory', process.cwd, ...(options.makeDirectory ? ['make'] : [])],
    ['user', process.user.uid, process.user.gid, ...process.user.additionalGids],
    ...(process.noNewPrivileges
      ? [capabilities, ['no-new-privileges'] as const, ...seccomp]
      : [...seccomp, capabilities]),
    ...(options.init ? [['init'] as const] : []),
    ['environment', ...process.env],
    ['exec', ...process.args],
  ];
}

function limitOperations(process: SpecProcess): readonly PlanOperation[] {
  const limits = (process.rlimits ?? []).map(
    ({ type, soft, hard }): PlanOperation => [
      'rlimit',
      type.replace('RLIMIT_', '').toLowerCase(),
      formatLimit(soft),
      formatLimit(hard),
    ],
  );
  const adjust: readonly PlanOperation[] =
    process.oomScoreAdj === undefined ? [] : [['oom-score-adj', process.oomScoreAdj]];
  return [...limits, ...adjust];
}

function formatLimit(value: number): string {
  return value === UNLIMITED ? 'unlimited' : String(value);
}

function capabilitiesOperation({ capabilities }: SpecProcess): PlanOperation {
  const { effective, permitted, inheritable, ambient } = capabilities;
  return ['capabilities', toHex(effective), toHex(permitted), toHex(inheritable), toHex(ambient)];
}

function toHex(names: readonly string[]): string {
  return toMask(names).toString(16);
}
