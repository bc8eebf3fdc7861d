type Options = Readonly<Record<string, string>>;

const ENDPOINT = 'com.docker.network.endpoint.';
const PREFIX = 'com.docker.network.container_iface_prefix';
/** IFNAMSIZ without the byte that ends it. netdevice(7) */
export const MAX_INTERFACE_NAME = 15;

/** A kernel parameter of an interface: `net`, `ipv4`, `conf`, `log_martians` and a value. */
export interface InterfaceSysctl {
  /** As a path below /proc/sys/net, with the interface's name. */
  readonly path: string;
  readonly value: string;
}

/** What is wrong with the options of a place in a network, in Docker's words where it has some. Those that are not known do nothing. */
export function listInterfaceProblems(options: Options): readonly string[] {
  const name = readInterfaceName(options);
  return [
    ...(name === undefined || isInterfaceName(name) ? [] : [`invalid interface name: ${name}`]),
    ...listSysctls(options)
      .filter((text) => !SYSCTL.test(text))
      .map((text) => `unrecognised network interface sysctl '${text}'; ${SYSCTL_RULE}`),
  ];
}

/** Inside, where one is asked for. */
export function readInterfaceName(options: Options): string | undefined {
  return options[`${ENDPOINT}ifname`] || undefined;
}

/** What comes before the number in the names of interfaces of a network: `eth`. */
export function readInterfacePrefix(options: Options): string {
  return options[PREFIX] || 'eth';
}

/** Those of an interface of that name. Docker's client makes small letters of all. */
export function readSysctls(options: Options, interfaceName: string): readonly InterfaceSysctl[] {
  return listSysctls(options).flatMap((text) => {
    const [, family = '', group = '', rest = '', value = ''] = SYSCTL.exec(text) ?? [];
    return [{ path: `${family}/${group}/${interfaceName}/${rest}`, value }];
  });
}

/** True for what the kernel takes. dev_valid_name() of linux/net/core/dev.c */
export function isInterfaceName(name: string): boolean {
  return name.length <= MAX_INTERFACE_NAME && !/[\s/:]/.test(name) && name !== '.' && name !== '..';
}

const SYSCTL = /^net\.(ipv4|ipv6|mpls)\.([a-z0-9_-]+)\.(?:IFNAME|ifname)\.([a-z0-9_-]+)=(.*)$/;
const SYSCTL_RULE = "represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'";

function listSysctls(options: Options): readonly string[] {
  const text = options[`${ENDPOINT}sysctls`];
  return text === undefined ? [] : text.split(',');
}
