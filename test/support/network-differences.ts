import type { LineDifference } from './compare-lines.js';

/** A difference between Docker 20.10 and Gantry that has a reason: docs/networks-compared.md has it under this title. */
export type Reason = (typeof KNOWN)[number]['reason'];

interface KnownDifference {
  readonly reason: string;
  /** Of which commands; of all when absent. */
  readonly command?: RegExp;
  /** Lines that Docker alone has. */
  readonly docker?: RegExp;
  /** Lines that Gantry alone has. */
  readonly gantry?: RegExp;
}

/** In Docker's inspect: `[NetworkSettings.]Networks.NAME.`. */
const ENDPOINT = String.raw`NetworkSettings\.Networks\.\w+\.`;

const KNOWN = [
  {
    reason: 'IPv6 in a network without',
    command: / look$/,
    docker: /^net\/ipv6\/conf\/\w+\/disable_ipv6: 1$/,
    gantry:
      /^(net\/ipv6\/conf\/\w+\/disable_ipv6: 0|<n>: lo {4}inet6 ::1\/128 scope host .*|multicast ff00::\/8 dev eth\d .*)$/,
  },
  {
    reason: 'Router advertisements',
    command: / look$/,
    docker: /^net\/ipv6\/conf\/eth\d\/accept_ra: 1$/,
    gantry: /^net\/ipv6\/conf\/eth\d\/accept_ra: 0$/,
  },
  {
    reason: 'Prefixes in /etc/hosts',
    command: / look$|\/etc\/hosts/,
    docker: /^(fe00|ff00)::0\tip6-\w+$/,
    gantry: /^(fe00|ff00)::\tip6-\w+$/,
  },
  {
    reason: 'Order in /etc/resolv.conf',
    command: / look$/,
    docker: /^(search|nameserver) \S+/,
    gantry: /^(search|nameserver) \S+/,
  },
  {
    reason: 'Published ports from outside',
    command: /^outside ask/,
    docker: /^1\S+ 80: \S.* sees 198\.18\.0\.2$/,
    gantry: /^1\S+ 80: nc: timed out$/,
  },
  {
    reason: 'host-gateway',
    docker: /^(172\.17\.0\.1\tgate|PING gate \(172\.17\.0\.1\).*)$/,
    gantry: /^(10\.9\.0\.254\tgate|PING gate \(10\.9\.0\.254\).*)$/,
  },
  {
    reason: 'Internal networks',
    docker:
      /^(default via 10\.10\.0\.1 dev eth0|\S+ 80\d*: (host sees 10\.10\.0\.2|nc: timed out)|NetworkSettings\.Networks\.inner\.Gateway "10\.10\.0\.1")$/,
    gantry:
      /^(\S+ 80\d*: nc: can't connect to remote host \(\S+\): Network is unreachable|NetworkSettings\.Networks\.inner\.Gateway "")$/,
  },
  {
    reason: 'Apart by enable_icc=false',
    docker: /^10\.11\.0\.1 8081: .* sees 10\.11\.0\.1$/,
    gantry: /^10\.11\.0\.1 8081: nc: timed out$/,
  },
  {
    reason: 'Interface names',
    command: /^exec one look$/,
    docker: /^(<n>: eth2.*|.* dev eth2\b.*|eth2\/.*|net\/ipv6\/conf\/eth2\/.*)$/,
    gantry:
      /^(<n>: eth0\S* .*(02:42:ac:11:00:03| 172\.17\.0\.3).*|(default via 172\.17\.0\.1|172\.17\.0\.0\/16|multicast \S+) dev eth0\b.*|eth0\/.*)$/,
  },
  {
    reason: '/etc/hosts after disconnect',
    command: /^exec (one|three) look$/,
    docker: /^172\.17\.0\.2\t<short id of three>$/,
    gantry: /^(10\.13\.0\.77\t<short id of one>|127\.0\.0\.1\t<short id of three>)$/,
  },
  {
    reason: 'Own name without a network',
    command: /^exec alone/,
    docker: /^bad address$/,
    gantry: /^(127\.0\.0\.1\t<short id of alone>|PING .* \(127\.0\.0\.1\).*)$/,
  },
  {
    reason: 'Host network with --add-host',
    command: /^exec ours cat \/etc\/hosts/,
    docker: /^(127\.0\.0\.1\tlocalhost|::1\tlocalhost .*|f[ef]0\d::\w?\tip6-\w+)$/,
    gantry: /^(127\.0\.0\.1 localhost|198\.18\.0\.1 parity-host)$/,
  },
  {
    reason: 'Host name in inspect',
    command: /^inspect one two inside/,
    docker: /^Config\.Hostname "(<short id of base>|parity-host)"$/,
    gantry: /^Config\.Hostname "<short id of (inside|ours)>"$/,
  },
  {
    reason: 'API of 20.10',
    command: /inspect/,
    docker: new RegExp(
      `^(${ENDPOINT}Aliases\\.\\d "(<short id of \\w+>|bee)"|HostConfig\\.NetworkMode "default"|Config\\.MacAddress ".*")$`,
    ),
    gantry: new RegExp(
      `^(${ENDPOINT}(DNSNames.*|GwPriority 0|Aliases null)|EnableIPv4 true|IPAM\\.Config\\.\\d\\.Gateway ".*"|HostConfig\\.NetworkMode "bridge")$`,
    ),
  },
  {
    reason: 'Empty values after network connect',
    command: /inspect/,
    docker: new RegExp(`^${ENDPOINT}(Aliases \\[\\]|DriverOpts {}|IPAMConfig {})$`),
    gantry: new RegExp(`^${ENDPOINT}(Aliases|DriverOpts|IPAMConfig) null$`),
  },
  {
    reason: 'Sandbox',
    command: /inspect/,
    docker: /^NetworkSettings\.Sandbox(ID|Key) "(<id>|.*\/netns\/\w+|)"$/,
    gantry: /^NetworkSettings\.Sandbox(ID ""|Key "\/proc\/\d+\/ns\/net")$/,
  },
  {
    reason: 'Name of the bridge',
    command: /inspect bridge/,
    docker: /^Options\.com\.docker\.network\.bridge\.name "docker0"$/,
    gantry: /^Options\.com\.docker\.network\.bridge\.name "gantry-\w{7}"$/,
  },
  {
    reason: 'Wording',
    docker:
      /^(driver failed programming external connectivity on endpoint .*|Run 'docker run --help' for more information)$/,
    gantry:
      /^(failed to set up container networking: driver failed programming external connectivity on endpoint .*|Run 'gantry run --help' for more information)$/,
  },
] as const satisfies readonly KnownDifference[];

export const REASONS: readonly Reason[] = KNOWN.map(({ reason }) => reason);

/** Why a line is different; undefined where nobody knows. */
export function findReason(command: string, { side, line }: LineDifference): Reason | undefined {
  const known: readonly (KnownDifference & { readonly reason: Reason })[] = KNOWN;
  return known.find((difference) => {
    const pattern = side === 'left' ? difference.docker : difference.gantry;
    return pattern?.test(line) === true && difference.command?.test(command) !== false;
  })?.reason;
}
