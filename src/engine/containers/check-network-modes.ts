import type { ContainerConfig } from '../../model/container-config.js';
import { EngineError } from '../../model/errors.js';

/** Refuses, with invalid-argument and in Docker's words, what a mode of the network namespace does not go with. */
export function checkNetworkModes(config: ContainerConfig): void {
  const mode = config.namespaces?.network ?? 'default';
  if (mode === 'container:') refuse('invalid network mode: invalid container format container:<name|id>');
  const conflict =
    (mode.startsWith('container:') ? findJoinedConflict(config) : undefined) ?? findHostConflict(config, mode);
  if (conflict !== undefined) refuse(`conflicting options: ${conflict}`);
}

const UNDEFINED_BEHAVIOUR = "can't be used with links. This would result in undefined behavior";

/** What belongs to the one whose network is joined. */
function findJoinedConflict(config: ContainerConfig): string | undefined {
  const conflicts: readonly (readonly [boolean, string])[] = [
    [config.hostname !== undefined, 'hostname and the network mode'],
    [hasLinks(config), `container type network ${UNDEFINED_BEHAVIOUR}`],
    [hasAny(config.dns), 'dns and the network mode'],
    [hasAny(config.extraHosts), 'custom host-to-IP mapping and the network mode'],
    [hasMacAddress(config), 'mac-address and the network mode'],
    [isPublishing(config), 'port publishing and the container type network mode'],
    [hasAny(config.exposedPorts), 'port exposing and the container type network mode'],
  ];
  return conflicts.find(([applies]) => applies)?.[1];
}

function findHostConflict(config: ContainerConfig, mode: string): string | undefined {
  if (config.namespaces?.uts === 'host' && config.hostname !== undefined) return 'hostname and the UTS mode';
  return mode === 'host' && hasLinks(config) ? `host type networking ${UNDEFINED_BEHAVIOUR}` : undefined;
}

function hasLinks({ networks = [] }: ContainerConfig): boolean {
  return networks.some(({ links }) => hasAny(links));
}

function hasAny(list: readonly unknown[] | undefined): boolean {
  return list !== undefined && list.length > 0;
}

function hasMacAddress({ networks = [] }: ContainerConfig): boolean {
  return networks.some(({ macAddress }) => macAddress !== undefined);
}

function isPublishing({ ports, publishAll }: ContainerConfig): boolean {
  return hasAny(ports) || publishAll === true;
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
