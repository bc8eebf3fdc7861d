import { EngineError } from '../../model/errors.js';
import { parseInteger } from '../../model/flags.js';
import { parseIpAddress } from '../../model/ip-address.js';
import type { NetworkDriver } from '../../model/network.js';

type Options = Readonly<Record<string, string>>;

const BRIDGE = 'com.docker.network.bridge.';
const MTU = 'com.docker.network.driver.mtu';
const HOST_BINDING = `${BRIDGE}host_binding_ipv4`;
/** strconv.ParseBool of Go. */
const TRUE: readonly string[] = ['1', 't', 'T', 'TRUE', 'true', 'True'];
const FALSE: readonly string[] = ['0', 'f', 'F', 'FALSE', 'false', 'False'];
/** IFNAMSIZ without the byte that ends it. netdevice(7) */
const MAX_INTERFACE_NAME = 15;
const MODES: Readonly<Partial<Record<NetworkDriver, readonly string[]>>> = {
  macvlan: ['bridge', 'private', 'vepa', 'passthru'],
  ipvlan: ['l2', 'l3', 'l3s'],
};

/** Options of the driver that are known are what they must be; others are kept and do nothing, as with Docker. Throws invalid-argument. */
export function checkDriverOptions(driver: NetworkDriver, options: Options): void {
  checkMtu(options);
  if (driver === 'bridge') checkBridge(options);
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

function checkBridge(options: Options): void {
  for (const name of ['enable_icc', 'enable_ip_masquerade', 'inhibit_ipv4'].map((word) => `${BRIDGE}${word}`)) {
    const text = options[name];
    if (text === undefined || TRUE.includes(text) || FALSE.includes(text)) continue;
    throw describe(name, text, `strconv.ParseBool: parsing "${text}": invalid syntax`);
  }
  const bind = options[HOST_BINDING];
  if (bind !== undefined && parseIpAddress(bind)?.version !== 4) {
    throw describe(HOST_BINDING, bind, 'invalid ip');
  }
  const name = options[`${BRIDGE}name`];
  if (name === undefined || name === '') return;
  if (name.length > MAX_INTERFACE_NAME) {
    refuse(`failed to check bridge interface existence: numerical result out of range: ${name}`);
  }
  if (/[\s/:]/.test(name) || name === '.' || name === '..') refuse(`invalid interface name: ${name}`);
}

function describe(name: string, text: string, reason: string): EngineError {
  return new EngineError('invalid-argument', `failed to parse ${name} value: ${text} (${reason})`);
}

function refuse(message: string): never {
  throw new EngineError('invalid-argument', message);
}
