import { EngineError } from '../../model/errors.js';
import { parseInteger } from '../../model/flags.js';
import { parseIpAddress } from '../../model/ip-address.js';
import type { NetworkConfig, NetworkDriver } from '../../model/network.js';
import { isInterfaceName, MAX_INTERFACE_NAME } from './endpoint-options.js';

type Options = Readonly<Record<string, string>>;

const BRIDGE = 'com.docker.network.bridge.';
const MTU = 'com.docker.network.driver.mtu';
const HOST_BINDING = `${BRIDGE}host_binding_ipv4`;
const HOST_ADDRESSES = ['com.docker.network.host_ipv4', 'com.docker.network.host_ipv6'] as const;
const TRUSTED = `${BRIDGE}trusted_host_interfaces`;
/** strconv.ParseBool of Go. */
const TRUE: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
/** What `gateway_mode_ipv4` and `gateway_mode_ipv6` can be. */
const GATEWAY_MODES: readonly string[] = ['nat', 'nat-unprotected', 'routed', 'isolated'];
const MODES: Readonly<Partial<Record<NetworkDriver, readonly string[]>>> = {
  macvlan: ['bridge', 'private', 'vepa', 'passthru'],
  ipvlan: ['l2', 'l3', 'l3s'],
};

/**
 * Options of the driver that are known are what they must be; others are kept and do nothing, as with Docker. Throws
 * invalid-argument.
 */
export function checkDriverOptions(driver: NetworkDriver, { options = {}, internal = false }: NetworkConfig): void {
  checkMtu(options);
  if (driver === 'bridge') checkBridge(options, internal);
  const modes = MODES[driver];
  const mode = options[`${driver}_mode`] ?? '';
  if (modes !== undefined && mode !== '' && !modes.includes(mode)) {
    refuse(`requested ${driver} mode '${mode}' is not valid, '${modes[0]}' mode is the ${driver} driver default`);
  }
}

/** Of its interfaces, bytes; absent: the kernel's own. */
export function readMtu(options: Options): number | undefined {
  const mtu = Number(options[MTU] ?? 0);
  return mtu > 0 ? mtu : undefined;
}

/** Containers of the bridge reach each other. */
export function canReachEachOther(options: Options): boolean {
  return !isOff(options, 'enable_icc');
}

/** What leaves for others has the host's address. */
export function isMasqueraded(options: Options): boolean {
  return !isOff(options, 'enable_ip_masquerade');
}

/** The addresses of the host at which ports are published that name none: all of both families, where nothing else is set. */
export function listHostBindings(options: Options, hasIpv6: boolean): readonly string[] {
  const given = options[HOST_BINDING] ?? '0.0.0.0';
  return given === '0.0.0.0' && hasIpv6 ? [given, '::'] : [given];
}

/** The bridge has no IPv4 address of its own: containers reach each other through it, and not the host. */
export function hasNoHostAddress(options: Options): boolean {
  return TRUE.includes(options[`${BRIDGE}inhibit_ipv4`] ?? '');
}

/** The host has no address of that version in the network, which is an internal one. */
export function isIsolated(options: Options, version: 4 | 6): boolean {
  return options[`${BRIDGE}gateway_mode_ipv${version}`] === 'isolated';
}

/** Whether a network has addresses of a version, where options say so. Throws invalid-argument, in Docker's words. */
export function readEnabled(options: Options, version: 4 | 6): boolean | undefined {
  const name = `com.docker.network.enable_ipv${version}`;
  const text = options[name];
  if (text === undefined) return undefined;
  if (![...TRUE, ...FALSE].includes(text)) refuse(`driver-opt "${name}" is not a valid bool`);
  return TRUE.includes(text);
}

/** Addresses of the host that what leaves has, in place of that of the interface it leaves by. */
export function listSourceAddresses(options: Options): readonly string[] {
  return HOST_ADDRESSES.flatMap((name) => options[name] ?? []);
}

/** Families in which others reach every port of the containers. */
export function listUnprotected(options: Options): readonly (4 | 6)[] {
  return listOfMode(options, 'nat-unprotected');
}

/** Families in which others reach the containers at their own addresses, and see those: the host translates nothing. */
export function listRouted(options: Options): readonly (4 | 6)[] {
  return listOfMode(options, 'routed');
}

function listOfMode(options: Options, mode: string): readonly (4 | 6)[] {
  return ([4, 6] as const).filter((version) => options[`${BRIDGE}gateway_mode_ipv${version}`] === mode);
}

/** Interfaces of the host from which every port is reached. */
export function listTrustedInterfaces(options: Options): readonly string[] {
  return (options[TRUSTED] ?? '').split(':').filter((name) => name !== '');
}

function isOff(options: Options, word: string): boolean {
  return FALSE.includes(options[`${BRIDGE}${word}`] ?? '');
}

function checkMtu(options: Options): void {
  const text = options[MTU];
  if (text === undefined) return;
  let mtu: number;
  try {
    mtu = parseInteger(text, 'strconv.Atoi');
  } catch (error) {
    throw describe(MTU, text, error instanceof Error ? error.message : '');
  }
  if (mtu < 0) refuse(`invalid MTU number: ${mtu}`);
}

function checkBridge(options: Options, isInternal: boolean): void {
  for (const name of ['enable_icc', 'enable_ip_masquerade', 'inhibit_ipv4'].map((word) => `${BRIDGE}${word}`)) {
    const text = options[name];
    if (text === undefined || TRUE.includes(text) || FALSE.includes(text)) continue;
    throw describe(name, text, `strconv.ParseBool: parsing "${text}": invalid syntax`);
  }
  for (const name of [HOST_BINDING, ...HOST_ADDRESSES]) {
    const text = options[name];
    if (text !== undefined && parseIpAddress(text) === undefined) throw describe(name, text, 'nil ip');
  }
  for (const name of [`${BRIDGE}gateway_mode_ipv4`, `${BRIDGE}gateway_mode_ipv6`]) checkGatewayMode(options, name);
  checkBridgeName(options[`${BRIDGE}name`] ?? '');
  for (const name of listTrustedInterfaces(options)) checkInterfaceName(name);
  if (!isInternal && (isIsolated(options, 4) || isIsolated(options, 6))) {
    refuse("gateway mode 'isolated' can only be used for an internal network");
  }
}

function checkGatewayMode(options: Options, name: string): void {
  const text = options[name];
  if (text === undefined || GATEWAY_MODES.includes(text)) return;
  throw describe(name, text, `unknown gateway mode ${text}`);
}

function checkBridgeName(name: string): void {
  if (name === '') return;
  if (name.length > MAX_INTERFACE_NAME) {
    refuse('failed to check bridge interface existence: numerical result out of range');
  }
  checkInterfaceName(name);
}

function checkInterfaceName(name: string): void {
  if (!isInterfaceName(name)) refuse(`invalid interface name: ${name}`);
}

function describe(name: string, text: string, reason: string): EngineError {
  return new EngineError('invalid-argument', `failed to parse ${name} value: ${text} (${reason})`);
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
