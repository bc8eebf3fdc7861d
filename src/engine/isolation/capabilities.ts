import { DEFAULT_CAPABILITY_NAMES } from '../../model/default-capabilities.js';
import { EngineError } from '../../model/errors.js';
import { readProcessStatus } from '../../platform/proc.js';

/** Every capability of Linux at its bit. capabilities(7), include/uapi/linux/capability.h. */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
] as const;

const BITS: ReadonlyMap<string, bigint> = new Map(NAMES.map((name, bit) => [name, 1n << BigInt(bit)]));

export const DEFAULT_CAPABILITIES = toMask(DEFAULT_CAPABILITY_NAMES);

/** Those that have names. */
export const ALL_CAPABILITIES = (1n << BigInt(NAMES.length)) - 1n;

export interface CapabilityRequest {
  readonly add?: readonly string[];
  readonly drop?: readonly string[];
  readonly privileged?: boolean;
  /** What the engine itself has to give: its bounding set. */
  readonly available: bigint;
}

/**
 * The capabilities of a container, in Docker's order of precedence: privileged, then `--cap-add ALL`, then
 * `--cap-drop ALL`, then names. Throws invalid-argument for unknown names and for those the host does not have.
 */
export function selectCapabilities(request: CapabilityRequest): bigint {
  const add = normalizeCapabilities(request.add ?? [], 'CapAdd', request.available);
  const drop = normalizeCapabilities(request.drop ?? [], 'CapDrop', request.available);
  if (request.privileged) {
    return request.available;
  }
  if (add.includes('ALL')) {
    return request.available & ~toMask(drop);
  }
  const kept = drop.includes('ALL') ? 0n : DEFAULT_CAPABILITIES & request.available & ~toMask(drop);
  return kept | toMask(add);
}

/** Names without `CAP_`, in numeric order; bits without a name are given by their number. */
export function namesOfCapabilities(mask: bigint): readonly string[] {
  const names: string[] = [];
  for (let bit = 0; mask >> BigInt(bit) > 0n; bit++) {
    if ((mask >> BigInt(bit)) & 1n) {
      names.push(NAMES[bit] ?? String(bit));
    }
  }
  return names;
}

/** The same as a runtime spec has them, with `CAP_`. */
export function toSpecNames(mask: bigint): readonly string[] {
  return namesOfCapabilities(mask).map((name) => `CAP_${name}`);
}

/** What this process can give: nobody below it gets more. */
export function readBoundingSet(): bigint {
  return toCapabilitySet(readProcessStatus('self')?.get('CapBnd'));
}

/** A set as /proc/PID/status has it, in hexadecimal digits; empty where there is none. proc_pid_status(5) */
export function toCapabilitySet(digits = '0'): bigint {
  return BigInt(`0x${digits}`);
}

/** The mask of names with or without `CAP_`. Names that are not known count for nothing. */
export function toMask(names: readonly string[]): bigint {
  return names.reduce((mask, name) => mask | (BITS.get(name.replace(/^CAP_/, '')) ?? 0n), 0n);
}

/** Names as Docker takes them: any case, with or without `CAP_`, or `ALL`. */
function normalizeCapabilities(names: readonly string[], field: string, available: bigint): readonly string[] {
  return names.map((given) => {
    const name = given.toUpperCase().replace(/^CAP_/, '');
    const bit = BITS.get(name);
    if (name !== 'ALL' && bit === undefined) {
      throw new EngineError('invalid-argument', `invalid ${field}: unknown capability: "CAP_${name}"`);
    }
    if (field === 'CapAdd' && bit !== undefined && (bit & available) === 0n) {
      const why = 'capability not supported by your kernel or not available in the current environment';
      throw new EngineError('invalid-argument', `invalid ${field}: ${why}: "CAP_${name}"`);
    }
    return name;
  });
}
