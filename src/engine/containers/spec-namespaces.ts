import type { ContainerConfig, NamespaceModes } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';
import type { SpecNamespace } from '../isolation/oci-spec.js';
import type { OwnNamespaces } from '../isolation/sysctls.js';

/** A running container whose namespace another one joins. */
export interface Donor {
  readonly name: string;
  /** Its first process. */
  readonly pid: number;
  readonly config: ContainerConfig;
  readonly isRemapped: boolean;
}

/** The containers that modes `container:X` name, found by the caller. */
export interface Donors {
  readonly pid?: Donor;
  readonly ipc?: Donor;
  readonly network?: Donor;
}

/**
 * The namespaces of a container by its modes: made, joined, or left out, which is the host's. Rejects by throwing: conflict,
 * in Docker's words, for modes that cannot go together.
 */
export function selectNamespaces(
  config: ContainerConfig,
  donors: Donors,
  isRemapped: boolean,
): readonly SpecNamespace[] {
  const modes = config.namespaces ?? {};
  checkModes(config, donors, isRemapped);
  // A namespace belongs to a user namespace: who joins one must be in the same, to have any rights in it.
  const user = donors.network ?? donors.ipc ?? donors.pid;
  return [
    { type: 'mount' },
    ...choose('network', modes.network === 'host', donors.network),
    ...choose('uts', modes.uts === 'host', undefined),
    ...choose('pid', modes.pid === 'host', donors.pid),
    ...choose('ipc', modes.ipc === 'host', donors.ipc),
    ...choose('cgroup', modes.cgroup === 'host', undefined),
    ...(isRemapped ? choose('user', false, user) : []),
  ];
}

/** Whether its network namespace is made for it. */
export function hasOwnNetwork({ namespaces }: ContainerConfig): boolean {
  const mode = namespaces?.network ?? '';
  return mode !== 'host' && !mode.startsWith('container:');
}

/** Which kernel parameters a container has for itself, by its namespaces. */
export function ownNamespaces(namespaces: readonly SpecNamespace[]): OwnNamespaces {
  const has = (type: SpecNamespace['type']) => namespaces.some((namespace) => namespace.type === type);
  return { ipc: has('ipc'), network: has('network'), uts: has('uts') };
}

/**
 * The host name: what was asked for, else the host's own where its network is used, else the first 12 digits of the id, as
 * Docker does.
 */
export function selectHostname(id: string, config: ContainerConfig, hostHostname: string): string {
  const isHost = config.namespaces?.network === 'host' || config.namespaces?.uts === 'host';
  return config.hostname ?? (isHost ? hostHostname : id.slice(0, 12));
}

function choose(type: SpecNamespace['type'], isHost: boolean, donor: Donor | undefined): readonly SpecNamespace[] {
  if (donor !== undefined) {
    return [{ type, path: `/proc/${donor.pid}/ns/${LINKS[type] ?? type}` }];
  }
  return isHost ? [] : [{ type }];
}

const LINKS: Partial<Record<SpecNamespace['type'], string>> = { network: 'net', mount: 'mnt' };

function checkModes(config: ContainerConfig, donors: Donors, isRemapped: boolean): void {
  const modes = config.namespaces ?? {};
  const donorIpc = donors.ipc?.config.namespaces?.ipc ?? 'private';
  if (donors.ipc !== undefined && donorIpc !== 'shareable') {
    const hint = 'non-shareable IPC (hint: use IpcMode:shareable for the donor container)';
    throw new EngineError('conflict', `can't join IPC of container ${donors.ipc.name}: ${hint}`);
  }
  if (isRemapped) {
    checkRemapped(config, modes);
    checkRemappedDonors(donors);
  }
}

/** The user namespace of the one that is joined is joined too: with the host's, nothing would be remapped. */
function checkRemappedDonors(donors: Donors): void {
  for (const [kind, donor] of Object.entries(donors) as readonly [string, Donor][]) {
    if (donor.isRemapped) continue;
    throw new EngineError(
      'conflict',
      `cannot join the ${kind} namespace of container ${donor.name}: it is not remapped, as this one is; use --userns host`,
    );
  }
}

function checkRemapped(config: ContainerConfig, modes: NamespaceModes): void {
  const objections: readonly (readonly [boolean, string])[] = [
    [
      config.security?.privileged === true,
      'privileged mode is incompatible with user namespaces.  You must run the container in the host namespace when running privileged mode',
    ],
    [modes.network === 'host', "cannot share the host's network namespace when user namespaces are enabled"],
    [modes.pid === 'host', 'cannot share the host PID namespace when user namespaces are enabled'],
    [modes.ipc === 'host', 'cannot share the host IPC namespace when user namespaces are enabled'],
  ];
  const objection = objections.find(([applies]) => applies);
  if (objection !== undefined) {
    throw new EngineError('invalid-argument', objection[1]);
  }
}
