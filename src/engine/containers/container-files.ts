import { isIP } from 'node:net';
import { EngineError } from '../../model/errors.js';

/** What every container finds in its /etc/hosts, as Docker writes it. */
const LOCAL_HOSTS = [
  ['127.0.0.1', 'localhost'],
  ['::1', 'localhost ip6-localhost ip6-loopback'],
  ['fe00::', 'ip6-localnet'],
  ['ff00::', 'ip6-mcastprefix'],
  ['ff02::1', 'ip6-allnodes'],
  ['ff02::2', 'ip6-allrouters'],
];

/** Docker's, for hosts that have none a container could reach. */
const FALLBACK_NAMESERVERS = ['8.8.8.8', '8.8.4.4'];

export interface HostsInput {
  readonly hostname: string;
  readonly domainname?: string;
  /** Addresses of the container in its networks. */
  readonly addresses: readonly string[];
  /** Address and names of containers that are linked. */
  readonly links?: readonly (readonly [string, string])[];
  /** `name:address` of `--add-host`; the address `host-gateway` stands for `gateway`. */
  readonly extraHosts: readonly string[];
  readonly gateway?: string;
  /** The host's own text where its network is used. */
  readonly hostText?: string;
}

/** The text of /etc/hosts. Throws invalid-argument for an extra host that is none. */
export function formatHosts(input: HostsInput): string {
  const { hostname, domainname } = input;
  const names = domainname ? `${hostname}.${domainname} ${hostname}` : hostname;
  const base = input.hostText?.replace(/\n*$/, '\n') ?? LOCAL_HOSTS.map((fields) => `${fields.join('\t')}\n`).join('');
  const extra = input.extraHosts.map((text) => formatExtraHost(text, input.gateway));
  const links = (input.links ?? []).map(([address, called]) => `${address}\t${called}\n`);
  return [base, ...extra, ...links, ...input.addresses.map((address) => `${address}\t${names}\n`)].join('');
}

/** The text of /etc/hostname: as with Docker the domain is not in it. */
export function formatHostname(hostname: string): string {
  return `${hostname}\n`;
}

export interface ResolvConfInput {
  /** The host's /etc/resolv.conf. */
  readonly hostText: string;
  /** `--dns`, or the resolver of the container's network; empty: the host's. */
  readonly nameservers: readonly string[];
  /** `--dns-search` in place of the host's; `.` alone: none. */
  readonly search?: readonly string[];
  /** `--dns-option` in place of the host's. */
  readonly options?: readonly string[];
  /** Options that are there unless another of the kind is: `ndots:0` of a network with a resolver. */
  readonly defaultOptions?: readonly string[];
  /** The host's network is used: its file is right as it is. */
  readonly isHostNetwork: boolean;
  /** Servers with an IPv6 address can be reached. */
  readonly hasIpv6: boolean;
}

/** The text of /etc/resolv.conf: a server on the host's loopback cannot be reached from a network of the container's own. */
export function formatResolvConf(input: ResolvConfInput): string {
  const { search = [], options = [], defaultOptions = [] } = input;
  const text = input.isHostNetwork ? input.hostText : keepReachable(input);
  if ([input.nameservers, search, options].every(({ length }) => length === 0)) return text;
  const lines = text.split('\n').map((line) => line.trim());
  const hosts = lines.flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []);
  const servers = input.nameservers.length > 0 ? input.nameservers : hosts;
  const hostOptions = lines.flatMap((line) => (/^options\s/.test(line) ? line.split(/\s+/).slice(1) : []));
  const all = withDefaults(options.length > 0 ? options : hostOptions, defaultOptions);
  const settings = [
    ...(search.length > 0 ? formatSearch(search) : lines.filter((line) => /^(search|domain)\s/.test(line))),
    ...(all.length > 0 ? [`options ${all.join(' ')}`] : []),
  ];
  return [...servers.map((server) => `nameserver ${server}`), ...settings].map((line) => `${line}\n`).join('');
}

/** The host's text without servers that the container cannot reach, and with Docker's where none is left. */
function keepReachable({ hostText, hasIpv6 }: ResolvConfInput): string {
  const lines = hostText.replace(/\n*$/, '').split('\n');
  const kept = lines.filter((line) => {
    const server = /^\s*nameserver\s+(\S+)/.exec(line)?.[1];
    return server === undefined || !(isLoopback(server) || (isIpv6(server) && !hasIpv6));
  });
  const hasServer = kept.some((line) => /^\s*nameserver\s/.test(line));
  const fallback = hasServer ? [] : FALLBACK_NAMESERVERS.map((server) => `nameserver ${server}`);
  return [...kept, ...fallback]
    .filter((line, index) => index > 0 || line !== '')
    .map((line) => `${line}\n`)
    .join('');
}

function withDefaults(options: readonly string[], defaults: readonly string[]): readonly string[] {
  const kindOf = (option: string) => option.split(':')[0];
  const missing = defaults.filter((added) => !options.some((option) => kindOf(option) === kindOf(added)));
  return [...options, ...missing];
}

function formatSearch(domains: readonly string[]): readonly string[] {
  return domains.length === 1 && domains[0] === '.' ? [] : [`search ${domains.join(' ')}`];
}

function formatExtraHost(text: string, gateway: string | undefined): string {
  const [, name = '', given = ''] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  const address = given === 'host-gateway' ? gateway : given.replace(/^\[(.*)\]$/, '$1');
  if (name === '') {
    throw new EngineError('invalid-argument', `bad format for add-host: "${text}"`);
  }
  if (address === undefined) {
    throw new EngineError('invalid-argument', 'unable to derive the IP value for host-gateway');
  }
  if (isIP(address) === 0) {
    throw new EngineError('invalid-argument', `invalid IP address in add-host: "${given}"`);
  }
  return `${address}\t${name}\n`;
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Of a server in resolv.conf. Node's own answer compiles an expression for 15 ms. */
function isIpv6(address: string): boolean {
  return address.includes(':');
}
