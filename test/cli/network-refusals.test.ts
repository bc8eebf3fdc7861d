import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Engine } from '../../src/engine/engine.js';
import { EngineError, type ErrorKind } from '../../src/model/errors.js';
import { listInterfaces } from '../support/bridge-world.js';
import { makeCommandWorld } from '../support/command-world.js';
import { makeEngineWorld } from '../support/engine-world.js';
import { findPort } from '../support/find-port.js';
import { requires } from '../support/requires.js';
import { runCommand } from '../support/run-command.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

/**
 * A command, what Docker 28 answers (`Error response from daemon: `, `Error: ` and `docker: ` aside), and the status of Docker's API for
 * it; 0 where the command line refuses by itself. Where Docker has 500 for what is wrong with the command, it is 400, 404 or 409 here: a
 * request cannot make a server fail.
 */
type Row = readonly [words: string, answer: string, status: number];

const LONG = 'x'.repeat(256);
const NAME_RULE = 'only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed, and at most 255 characters';
const BRIDGE = 'com.docker.network.bridge';
const SUBNET = '--subnet 10.231.1.0/24';
const config = (problem: string) => `invalid network config:\n${problem}`;
const option = (name: string, value: string, reason: string) =>
  `failed to parse com.docker.network.${name} value: ${value} (${reason})`;
const notBool = (text: string) => `strconv.ParseBool: parsing "${text}": invalid syntax`;
const OVERLAP = 'invalid pool request: Pool overlaps with other one on this address space';
const CONFIGURED =
  'user specified IP address is supported only when connecting to networks with user configured subnets';
const OPERATOR_FIELDS =
  'configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported.';
const OWN_CONFIGURATION =
  'user specified configurations are not supported if the network depends on a configuration network';
const SHARED =
  'container sharing network namespace with another container or host cannot be connected to any other network';
const NOT_PRIVATE =
  'container cannot be connected to multiple networks with one of the networks in private (none) mode';

/** Of `network create`. */
const CREATE_ROWS: readonly Row[] = [
  ["''", 'invalid name: name is empty', 400],
  // Docker takes these three; here a name is also that of a DNS domain and of a folder.
  ['a/b', `invalid network name: "a/b": ${NAME_RULE}`, 400],
  ['.hidden', `invalid network name: ".hidden": ${NAME_RULE}`, 400],
  [LONG, `invalid network name: "${LONG}": ${NAME_RULE}`, 400],
  ['container:web', `invalid network name: "container:web": ${NAME_RULE}`, 400],
  ['bridge', 'operation is not permitted on predefined bridge network', 403],
  ['host', 'operation is not permitted on predefined host network', 403],
  ['none', 'operation is not permitted on predefined none network', 403],
  ['default', 'operation is not permitted on predefined default network', 403],
  ['used', 'network with name used already exists', 409],
  ['-d nope xx', 'plugin "nope" not found', 404],
  ['-d host xx', 'only one instance of "host" network is allowed', 403],
  ['-d null xx', 'only one instance of "null" network is allowed', 403],
  ['--ipam-driver nope xx', 'plugin "nope" not found', 404],
  ['--ipam-driver null xx', 'ipv4 pool is empty', 400],
  ['--ipv4=false xx', 'IPv4 or IPv6 must be enabled', 400],
  ['--config-only --internal xx', OPERATOR_FIELDS, 403],
  ['--config-only --attachable xx', OPERATOR_FIELDS, 403],
  ['--config-only --scope local xx', OPERATOR_FIELDS, 403],
  ['--config-only --subnet abc xx', config('invalid subnet abc: invalid CIDR block notation'), 400],
  ['--config-only --config-from set xx', 'a configuration network cannot depend on another configuration network', 403],
  ['--config-from nope xx', 'configuration network "nope" does not exist', 404],
  ['--config-from used xx', 'configuration network "used" does not exist', 404],
  [`--config-from nope ${SUBNET} xx`, OWN_CONFIGURATION, 403],
  ['--config-from nope --ipv6 xx', OWN_CONFIGURATION, 403],
  ['--config-from nope --label a=b xx', OWN_CONFIGURATION, 403],
  [
    '--config-from nope -o a=b xx',
    'network driver options are not supported if the network depends on a configuration network',
    403,
  ],
  ['--scope swarm xx', 'cannot create a swarm scoped network when swarm is not active', 403],
  ['--gateway 10.231.1.1 xx', 'every ip-range or gateway must have a corresponding subnet', 0],
  ['--ip-range 10.231.1.0/25 xx', 'every ip-range or gateway must have a corresponding subnet', 0],
  ['--subnet abc xx', config('invalid subnet abc: invalid CIDR block notation'), 400],
  ['--subnet 10.231.1.0 xx', config('invalid subnet 10.231.1.0: invalid CIDR block notation'), 400],
  ['--subnet 10.231.1.0/33 xx', config('invalid subnet 10.231.1.0/33: invalid CIDR block notation'), 400],
  ['--subnet 10.231.1.7/24 xx', config('invalid subnet 10.231.1.7/24: it should be 10.231.1.0/24'), 400],
  ['--subnet 0.0.0.0/0 xx', OVERLAP, 403],
  ['--subnet abc --gateway 10.231.1.1 xx', 'invalid subnet: invalid CIDR address: abc', 0],
  ['--subnet abc --subnet 10.231.1.0/24 xx', 'invalid subnet: invalid CIDR address: abc', 0],
  ['--subnet 10.231.0.0/16 xx', OVERLAP, 403],
  ['--subnet 10.231.0.128/25 xx', OVERLAP, 403],
  [`${SUBNET} --subnet 10.231.1.128/25 xx`, 'multiple overlapping subnet configuration is not supported', 0],
  ['--subnet 10.231.1.0/24,10.231.2.0/24 xx', "bridge driver doesn't support multiple subnets", 403],
  [`${SUBNET} --subnet 10.231.2.0/24 xx`, "bridge driver doesn't support multiple subnets", 403],
  [`${SUBNET} --gateway 10.231.2.1 xx`, 'no matching subnet for gateway 10.231.2.1', 0],
  [`${SUBNET} --gateway abc xx`, 'no matching subnet for gateway abc', 0],
  [`${SUBNET} --gateway 10.231.1.0 xx`, 'failed to allocate gateway (10.231.1.0): Address already in use', 400],
  [`${SUBNET} --gateway 10.231.1.255 xx`, 'failed to allocate gateway (10.231.1.255): Address already in use', 400],
  [
    `${SUBNET} --gateway 10.231.1.1 --gateway 10.231.1.2 xx`,
    'every ip-range or gateway must have a corresponding subnet',
    0,
  ],
  [
    `${SUBNET} --subnet 10.231.2.0/24 --gateway 10.231.1.1 --gateway 10.231.1.2 xx`,
    'cannot configure multiple gateways (10.231.1.2, 10.231.1.1) for the same subnet (10.231.1.0/24)',
    0,
  ],
  [`${SUBNET} --ip-range abc xx`, 'invalid CIDR address: abc', 0],
  [`${SUBNET} --ip-range 10.231.2.0/25 xx`, 'no matching subnet for range 10.231.2.0/25', 0],
  [
    `${SUBNET} --subnet 10.231.2.0/24 --ip-range 10.231.1.0/26 --ip-range 10.231.1.64/26 xx`,
    'cannot configure multiple ranges (10.231.1.64/26, 10.231.1.0/26) on the same subnet (10.231.1.0/24)',
    0,
  ],
  [
    `${SUBNET} --ip-range 10.231.1.0/16 xx`,
    config(
      '* invalid ip-range 10.231.1.0/16: CIDR block is bigger than its parent subnet 10.231.1.0/24\n* invalid ip-range 10.231.1.0/16: it should be 10.231.0.0/16',
    ),
    400,
  ],
  [`${SUBNET} --ip-range 10.231.1.7/25 xx`, config('invalid ip-range 10.231.1.7/25: it should be 10.231.1.0/25'), 400],
  [`${SUBNET} --aux-address a=10.231.2.1 xx`, 'no matching subnet for aux-address 10.231.2.1', 0],
  [`${SUBNET} --aux-address a=bad xx`, 'no matching subnet for aux-address bad', 0],
  [`${SUBNET} --aux-address a xx`, 'no matching subnet for aux-address', 0],
  [
    `${SUBNET} --aux-address a=10.231.1.1 xx`,
    'failed to allocate secondary ip address (a:10.231.1.1): Address already in use',
    400,
  ],
  [
    `${SUBNET} --aux-address a=10.231.1.9 --aux-address b=10.231.1.9 xx`,
    'failed to allocate secondary ip address (b:10.231.1.9): Address already in use',
    400,
  ],
  ['--ipv6 --subnet fd31::1/64 xx', config('invalid subnet fd31::1/64: it should be fd31::/64'), 400],
  ['--ipv6 --subnet fe80::/10 xx', "'fe80::1/10' clashes with the Link-Local prefix 'fe80::/64'", 400],
  ['--ipv6 --subnet ff05::/64 xx', "multicast subnet 'ff05::1/64' is not allowed", 400],
  ['--ipv6 --subnet fd31::/128 xx', 'failed to allocate gateway (): no available addresses on this pool', 400],
  [
    '-o com.docker.network.driver.mtu=abc xx',
    option('driver.mtu', 'abc', 'strconv.Atoi: parsing "abc": invalid syntax'),
    400,
  ],
  ['-o com.docker.network.driver.mtu=-5 xx', 'invalid MTU number: -5', 400],
  [`-o ${BRIDGE}.enable_icc=maybe xx`, option('bridge.enable_icc', 'maybe', notBool('maybe')), 400],
  [`-o ${BRIDGE}.enable_ip_masquerade= xx`, option('bridge.enable_ip_masquerade', '', notBool('')), 400],
  [`-o ${BRIDGE}.inhibit_ipv4=2 xx`, option('bridge.inhibit_ipv4', '2', notBool('2')), 400],
  [`-o ${BRIDGE}.host_binding_ipv4=web xx`, option('bridge.host_binding_ipv4', 'web', 'nil ip'), 400],
  [`-o ${BRIDGE}.gateway_mode_ipv4=far xx`, option('bridge.gateway_mode_ipv4', 'far', 'unknown gateway mode far'), 400],
  [
    `-o ${BRIDGE}.gateway_mode_ipv4=isolated xx`,
    "gateway mode 'isolated' can only be used for an internal network",
    400,
  ],
  [
    '-o com.docker.network.enable_ipv6=maybe xx',
    'driver-opt "com.docker.network.enable_ipv6" is not a valid bool',
    400,
  ],
  [
    `-o ${BRIDGE}.name=gantry-sixteen-c xx`,
    'failed to check bridge interface existence: numerical result out of range',
    400,
  ],
  // The kernel's own words with Docker.
  [`-o ${BRIDGE}.name=a/b xx`, 'invalid interface name: a/b', 400],
  [`-o ${BRIDGE}.name=lo xx`, 'existing interface lo is not a bridge', 409],
  [
    `-o ${BRIDGE}.name=gtrefused0 xx`,
    'cannot create network ID (gtrefused0): conflicts with network ID (gtrefused0): networks have same bridge name',
    403,
  ],
];

/** Of `network`. */
const NETWORK_ROWS: readonly Row[] = [
  ['create', "'gantry network create' requires 1 argument", 0],
  ['create aa bb', "'gantry network create' requires 1 argument", 0],
  ['inspect nope', 'network nope not found', 404],
  ["inspect ''", 'invalid network name or ID: value is empty', 0],
  ['rm nope', 'network nope not found', 404],
  ["rm ''", 'invalid network name or ID: value is empty', 0],
  ['rm bridge', 'bridge is a pre-defined network and cannot be removed', 403],
  ['rm host', 'host is a pre-defined network and cannot be removed', 403],
  ['rm none', 'none is a pre-defined network and cannot be removed', 403],
  ['rm used', 'error while removing network: network used has active endpoints (name:"web" id:"SHORT")', 403],
  ['rm -f used', 'error while removing network: network used has active endpoints (name:"web" id:"SHORT")', 403],
  ["connect '' web", 'invalid network name or ID: value is empty', 0],
  ["connect free ''", 'invalid container name or ID: value is empty', 0],
  ['connect nope web', 'network nope not found', 404],
  ['connect free nope', 'No such container: nope', 404],
  ['connect used web', 'endpoint with name web already exists in network used', 403],
  [
    'connect host web',
    'cannot connect container to host network - container must be created in host network mode',
    400,
  ],
  ['connect none web', NOT_PRIVATE, 400],
  ['connect free alone', NOT_PRIVATE, 400],
  ['connect free hosted', SHARED, 400],
  ['connect free joined', SHARED, 400],
  ['connect --ip 10.231.9.9 auto web', `invalid endpoint settings:\n${CONFIGURED}`, 400],
  ['connect --ip6 fd31::9 free web', `invalid endpoint settings:\n${CONFIGURED}`, 400],
  [
    'connect --ip 10.231.9.9 free web',
    'invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10.231.9.9',
    400,
  ],
  [
    'connect --ip abc free web',
    'invalid endpoint settings:\n* invalid IPv4 address: abc\n* no configured subnet or ip-range contain the IP address abc',
    400,
  ],
  [
    'connect --ip 0.0.0.0 auto web',
    `invalid endpoint settings:\n* invalid IPv4 address: 0.0.0.0\n* ${CONFIGURED}`,
    400,
  ],
  [
    'connect --ip6 10.231.3.9 free web',
    `invalid endpoint settings:\n* invalid IPv6 address: 10.231.3.9\n* ${CONFIGURED}`,
    400,
  ],
  ['connect --ip 10.231.3.1 free web', 'Address already in use', 403],
  ['connect --ip 10.231.3.5 free web', 'Address already in use', 403],
  ['connect --ip 10.231.3.0 free web', 'Address already in use', 403],
  [
    'connect --ip 10.231.0.9 bridge apart',
    'invalid endpoint settings:\n* user specified IP address is supported on user defined networks only\n* no configured subnet or ip-range contain the IP address 10.231.0.9',
    400,
  ],
  [
    'connect --alias x bridge apart',
    'invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks',
    400,
  ],
  ['connect --link-local-ip abc free web', 'invalid endpoint settings:\ninvalid link-local IP address: abc', 400],
  ['connect --link-local-ip 10.1.1.1 free web', 'invalid link local IP address: 10.1.1.1', 400],
  ['connect --driver-opt foo free web', 'invalid key/value pair format in driver options', 0],
  [
    'connect --driver-opt com.docker.network.endpoint.sysctls=net.core.x=1 free web',
    "invalid endpoint settings:\nunrecognised network interface sysctl 'net.core.x=1'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'",
    400,
  ],
  ['disconnect nope web', 'network nope not found', 404],
  ['disconnect used nope', 'No such container: nope', 404],
  ['disconnect -f used nope', 'endpoint nope not found', 404],
  ['disconnect free web', 'container ID is not connected to network free', 404],
  ['disconnect free stopped', 'container ID is not connected to the network free', 404],
  ['disconnect host web', 'container ID is not connected to network host', 404],
  [
    'disconnect host hosted',
    'cannot disconnect container from host network - container was created in host network mode',
    400,
  ],
  ['ls -f foo=bar', "invalid filter 'foo'", 0],
  ['ls -f dangling=maybe', 'invalid value for filter \'dangling\', must be "true" (or "1"), or "false" (or "0")', 0],
  ['ls -f dangling=1 -f dangling=0', 'got more than one value for filter key "dangling"', 0],
  ['ls -f type=far', "invalid filter: 'type'='far'", 0],
  ['prune -f --filter name=used', "invalid filter 'name'", 0],
  ['prune -f --filter until=abc', 'failed to parse value as time or duration: "abc"', 0],
  ['prune -f --filter until=1h --filter until=2h', 'more than one until filter specified', 0],
];

/** Flags whose values cannot be read: flag, value, reason. */
const FLAG_ROWS: readonly (readonly [words: string, flag: string, value: string, reason: string])[] = [
  ['network create xx', '--label', '=x', "invalid label '=x': empty name"],
  ['network create xx', '--ipv6', 'maybe', notBool('maybe')],
  ['network connect free web', '--gw-priority', 'abc', 'strconv.ParseInt: parsing "abc": invalid syntax'],
  ['network connect free web', '--link', 'a:b:c', 'bad format for links: a:b:c'],
  ['network ls', '-f, --filter', 'foo', 'bad format of filter (expected name=value)'],
  ['network prune -f', '--filter', 'foo', 'bad format of filter (expected name=value)'],
  ['run busybox', '--network', 'a=b', 'invalid field key a'],
  ['run busybox', '--network', 'name=a,foo=b', 'invalid field key foo'],
  ['run busybox', '--network', 'alias=a', 'network name/id is not specified'],
  ['run busybox', '--network', 'name=a,gw-priority=x', 'invalid gw-priority (x): invalid syntax'],
  ['run busybox', '--network', 'name=a,driver-opt=foo', 'invalid key value pair format in driver options'],
  ['run busybox', '--link', 'a:b:c', 'bad format for links: a:b:c'],
  ['run busybox', '--dns', 'x', 'IP address is not correctly formatted: x'],
  ['run busybox', '--dns-search', '-x', '-x is not a valid domain'],
  ['run busybox', '--add-host', 'a', 'bad format for add-host: "a"'],
  ['run busybox', '--add-host', ':1.2.3.4', 'bad format for add-host: ":1.2.3.4"'],
  ['run busybox', '--add-host', 'a:b', 'invalid IP address in add-host: "b"'],
];

const networking = (reason: string) => `failed to set up container networking: ${reason}`;
const endpoint = (name: string, reason: string) =>
  `invalid config for network ${name}: invalid endpoint settings:\n${reason}`;
const MIXED = 'conflicting options: cannot attach both user-defined and non-user-defined network-modes';
const conflict = (what: string) => `conflicting options: ${what}`;
const UNDEFINED = "can't be used with links. This would result in undefined behavior";

/** Of `run --rm OPTIONS busybox true`, with exit code 125. */
const RUN_ROWS: readonly Row[] = [
  ['--network nope', networking('network nope not found'), 404],
  ["--network ''", 'no name set for network', 0],
  ['--network container:', 'invalid network mode: invalid container format container:<name|id>', 400],
  ['--network container:nope', 'joining network namespace of container: No such container: nope', 500],
  [
    '--network container:stopped',
    'cannot join network namespace of a non running container: container stopped is created',
    409,
  ],
  ['--network host --network free', MIXED, 0],
  ['--network free --network free', 'network "free" is specified multiple times', 0],
  ['--network container:web --hostname x', conflict('hostname and the network mode'), 400],
  ['--network container:web --link web', conflict(`container type network ${UNDEFINED}`), 400],
  ['--network container:web --dns 1.1.1.1', conflict('dns and the network mode'), 400],
  ['--network container:web --add-host a:1.2.3.4', conflict('custom host-to-IP mapping and the network mode'), 400],
  ['--network container:web --mac-address 02:42:00:00:00:01', conflict('mac-address and the network mode'), 400],
  ['--network container:web -p 80', conflict('port publishing and the container type network mode'), 400],
  ['--network container:web -P', conflict('port publishing and the container type network mode'), 400],
  ['--network container:web --expose 80', conflict('port exposing and the container type network mode'), 400],
  ['--network host --link web', conflict(`host type networking ${UNDEFINED}`), 400],
  ['--network host --uts host --hostname x', conflict('hostname and the UTS mode'), 400],
  ['--network-alias x', 'network-scoped aliases are only supported for user-defined networks', 0],
  ['--network host --network-alias x', 'network-scoped aliases are only supported for user-defined networks', 0],
  [
    '--network name=free,alias=x --network-alias y',
    conflict('cannot specify both --network-alias and per-network alias'),
    0,
  ],
  [
    '--network name=free,ip=10.231.3.7 --ip 10.231.3.8',
    conflict('cannot specify both --ip and per-network IPv4 address'),
    0,
  ],
  ['--mac-address zz', 'zz is not a valid mac address', 0],
  // The kernel's word for an address of many.
  ['--mac-address ff:ff:ff:ff:ff:ff', networking('cannot make eth0: EADDRNOTAVAIL'), 500],
  ['--hostname a/b', 'invalid hostname format: a/b', 400],
  [
    '--ip 10.231.3.9',
    endpoint(
      'bridge',
      '* user specified IP address is supported on user defined networks only\n* no configured subnet or ip-range contain the IP address 10.231.3.9',
    ),
    400,
  ],
  ['--network auto --ip 10.231.3.9', endpoint('auto', CONFIGURED), 400],
  ['--network free --ip6 fd31::9', endpoint('free', CONFIGURED), 400],
  [
    '--network free --ip 10.231.9.9',
    endpoint('free', 'no configured subnet or ip-range contain the IP address 10.231.9.9'),
    400,
  ],
  ['--network used --ip 10.231.0.2', networking('Address already in use'), 403],
  ['--network free --ip 10.231.3.5', networking('Address already in use'), 403],
  ['--network tiny', networking("no available IPv4 addresses on this network's address pools: tiny (ID)"), 500],
  ['--link nope', 'could not get container for nope: No such container: nope', 400],
  ['--link stopped', 'Cannot link to a non running container: /stopped AS /NAME/stopped', 500],
  ['-p 80:', 'no port specified: 80:<empty>', 0],
  ['-p abc', 'invalid containerPort: abc', 0],
  ['-p 70000', 'invalid containerPort: 70000', 0],
  ['-p 80:70000', 'invalid containerPort: 70000', 0],
  ['-p 70000:80', 'invalid hostPort: 70000', 0],
  ['-p 90-80', 'invalid containerPort: 90-80', 0],
  ['-p 1-3:1-2', 'invalid ranges specified for container and host Ports: 1-2 and 1-3', 0],
  ['-p 80/foo', 'invalid proto: foo', 0],
  ['-p 1.2.3:1:2', 'invalid IP address: 1.2.3', 0],
  ['-p [::1:80:80', "invalid IP address [::1: address [::1:: missing ']' in address", 0],
  ['-p foo,target=80', "invalid publish opts format (should be name=value but got 'foo')", 0],
  ['--expose 80:90', 'invalid port format for --expose: 80:90', 0],
  [
    '--expose abc',
    'invalid range format for --expose: abc, error: strconv.ParseUint: parsing "abc": invalid syntax',
    0,
  ],
  ['--expose 9-8', 'invalid range format for --expose: 9-8, error: invalid range specified for port: 9-8', 0],
];

/** Of `port`, with exit code 1. */
const PORT_ROWS: readonly Row[] = [
  ['nope', 'No such container: nope', 404],
  ['web 81', "No public port '81' published for web", 0],
  ['web 80/udp', "No public port '80/udp' published for web", 0],
  ['web abc', 'invalid port (abc): strconv.ParseUint: parsing "abc": invalid syntax', 0],
  ['web 70000', 'invalid port (70000): strconv.ParseUint: parsing "70000": value out of range', 0],
];

/** Docker's statuses: its errdefs. */
const STATUSES: Readonly<Partial<Record<ErrorKind, number>>> = {
  'invalid-argument': 400,
  'permission-denied': 403,
  'not-found': 404,
  conflict: 409,
  unavailable: 503,
};

interface World {
  readonly engine: Engine;
  /** A port of the host that `web` is published at. */
  readonly port: number;
  /** Of the first failure of the engine since it was read; 0 where there was none. */
  readonly takeStatus: () => number;
  /** All that a refusal must leave as it was. */
  readonly readState: () => Promise<unknown>;
}

/** A real engine with networks `used`, `free`, `auto` and `tiny`, and containers of each kind in them. */
async function openWorld(t: TestContext): Promise<World> {
  const real = await makeEngineWorld(t).open();
  let status = 0;
  const engine = watch({ ...real, close: () => Promise.resolve() }, (kind) => {
    status ||= STATUSES[kind] ?? 500;
  });
  const run = async (...words: readonly string[]) => {
    const { code, stderr } = await runCommand(engine, words);
    assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  };
  const port = await findPort();
  await run('network', 'create', '--subnet', '10.231.0.0/24', '-o', `${BRIDGE}.name=gtrefused0`, 'used');
  await run('network', 'create', '--subnet', '10.231.3.0/24', '--aux-address', 'kept=10.231.3.5', 'free');
  await run('network', 'create', 'auto');
  await run('network', 'create', '--subnet', '10.231.4.0/32', 'tiny');
  const start = (name: string, ...words: readonly string[]) =>
    run('run', '-d', '--name', name, ...words, 'busybox', 'sleep', '1000');
  await start('web', '--network', 'used', '-p', `${port}:80`);
  await start('apart', '--network', 'auto');
  await start('hosted', '--network', 'host');
  await start('alone', '--network', 'none');
  await start('joined', '--network', 'container:web');
  // The default network stays up as long as somebody has it.
  await start('plain');
  await run('create', '--name', 'stopped', 'busybox');
  return {
    ...{ engine, port },
    takeStatus: () => {
      const taken = status;
      status = 0;
      return taken;
    },
    readState: async () => ({
      containers: (await real.containers.list({ all: true })).map(({ name, networks, state }) => [
        name,
        networks,
        state,
      ]),
      networks: await Promise.all((await real.networks.list()).map(({ id }) => real.networks.inspect(id))),
      bridges: listInterfaces().filter((name) => readOwner(name) === readOwner('gtrefused0')),
    }),
  };
}

/** The state root that a bridge of Gantry's is of. */
function readOwner(name: string): string {
  const path = `/sys/class/net/${name}/ifalias`;
  return existsSync(path) ? (readFileSync(path, 'utf8').split(' ')[0] ?? '') : '';
}

/** Tells which kind of failure the engine's answers are. */
function watch(engine: Engine, note: (kind: ErrorKind) => void): Engine {
  const wrap = <T extends object>(service: T): T =>
    new Proxy(service, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (typeof value !== 'function') return value;
        return (...parameters: readonly unknown[]) => {
          const answer: unknown = Reflect.apply(value, target, parameters);
          if (answer instanceof Promise) {
            answer.catch((error: unknown) => error instanceof EngineError && note(error.kind));
          }
          return answer;
        };
      },
    });
  return { ...engine, networks: wrap(engine.networks), containers: wrap(engine.containers) };
}

/** What a command answers, its exit code and the status of the engine's answer. */
async function answerTo(world: World, words: readonly string[]): Promise<readonly [string, number, number]> {
  world.takeStatus();
  const { stderr, code } = await runCommand(world.engine, words);
  const [answer = ''] = stderr.replace(/^gantry: /, '').split(/\n\n(?:Run '|Usage:)/);
  const text = answer
    .trim()
    .replaceAll(/[0-9a-f]{64}/g, 'ID')
    .replaceAll(/id:"[0-9a-f]{12}"/g, 'id:"SHORT"')
    .replaceAll(/[a-z]+_[a-z]+\b(?=\/stopped| \(ID\))/g, 'NAME');
  return [text, code, world.takeStatus()];
}

const split = (words: string) => words.split(' ').map((word) => (word === "''" ? '' : word));

/** All rows that are answered otherwise, with what they are answered. */
async function findOthers(
  world: World,
  rows: readonly Row[],
  { line, code }: { readonly line: (words: readonly string[]) => readonly string[]; readonly code: number },
): Promise<readonly unknown[]> {
  const others: unknown[] = [];
  for (const [words, answer, status] of rows) {
    const found = await answerTo(world, line(split(words)));
    const wanted = [answer, code, status];
    if (JSON.stringify(found) !== JSON.stringify(wanted)) others.push({ words, found, wanted });
  }
  return others;
}

test('what a network cannot be is refused as Docker refuses it, and leaves nothing', NEEDS, async (t) => {
  const world = await openWorld(t);
  const before = await world.readState();
  const create = { line: (words: readonly string[]) => ['network', 'create', ...words], code: 1 };
  assert.deepEqual(await findOthers(world, CREATE_ROWS, create), []);
  const network = { line: (words: readonly string[]) => ['network', ...words], code: 1 };
  assert.deepEqual(await findOthers(world, NETWORK_ROWS, network), []);
  assert.deepEqual(await findOthers(world, PORT_ROWS, { line: (words) => ['port', ...words], code: 1 }), []);
  assert.deepEqual(await world.readState(), before);
});

test('create ends with 125 where Docker’s client refuses, and with 1 where its engine does', NEEDS, async (t) => {
  const world = await openWorld(t);
  const line = (words: readonly string[]) => ['create', ...words, 'busybox', 'true'];
  const byClient = RUN_ROWS.filter(([, , status]) => status === 0);
  assert.ok(byClient.length > 20);
  assert.deepEqual(await findOthers(world, byClient, { line, code: 125 }), []);
  const MORE: readonly Row[] = [
    ['--pull bad', 'invalid pull option: \'bad\': must be one of "always", "missing" or "never"', 0],
    ['--env-file /nope', 'open /nope: no such file or directory', 0],
    ['--security-opt bad', 'Invalid --security-opt: "bad"', 0],
    ['--health-cmd a --no-healthcheck', '--no-healthcheck conflicts with --health-* options', 0],
  ];
  assert.deepEqual(await findOthers(world, MORE, { line, code: 125 }), []);
  const BY_ENGINE: readonly Row[] = [
    ['--network nope', networking('network nope not found'), 404],
    ['--runtime bad', 'unknown or invalid runtime name: bad', 0],
    ['--isolation bad', "invalid isolation 'bad' on linux", 0],
    ['--ipc bad', 'invalid IPC mode: bad', 0],
    ['--tmpfs rel', "invalid mount path: 'rel' mount path must be absolute", 0],
    ['-v /x -v y:/x', 'Duplicate mount point: /x', 0],
    ['--log-opt bad', "unknown log opt 'bad' for json-file log driver", 0],
    ['--stop-signal bad', 'invalid signal: bad', 0],
  ];
  assert.deepEqual(await findOthers(world, BY_ENGINE, { line, code: 1 }), []);
});

test(
  'a container whose networks or ports cannot be is refused as Docker refuses it, and leaves nothing',
  NEEDS,
  async (t) => {
    const world = await openWorld(t);
    const before = await world.readState();
    const run = { line: (words: readonly string[]) => ['run', '--rm', ...words, 'busybox', 'true'], code: 125 };
    assert.deepEqual(await findOthers(world, RUN_ROWS, run), []);
    const { port: foreign, close } = await listenSomewhere();
    t.after(close);
    const failed = (name: string) =>
      networking(`driver failed programming external connectivity on endpoint ${name} (ID): `);
    const PORTS: readonly Row[] = [
      [
        `--name late -p ${world.port}:80`,
        `${failed('late')}Bind for 0.0.0.0:${world.port} failed: port is already allocated`,
        500,
      ],
      [
        `--name late -p 127.0.0.1:${foreign}:80 --network free`,
        `${failed('late')}failed to bind host port for 127.0.0.1:${foreign}:10.231.3.2:80/tcp: address already in use`,
        500,
      ],
    ];
    assert.deepEqual(await findOthers(world, PORTS, run), []);
    for (const [words, flag, value, reason] of FLAG_ROWS) {
      const name = flag.split(', ').at(-1) ?? '';
      const [first = '', ...rest] = words.split(' ');
      const line = first === 'run' ? [first, `${name}=${value}`, ...rest] : [first, ...rest, `${name}=${value}`];
      const wanted = [`invalid argument "${value}" for "${flag}" flag: ${reason}`, 125, 0];
      assert.deepEqual(await answerTo(world, line), wanted, line.join(' '));
    }
    assert.deepEqual(await world.readState(), before);
    // Neither the addresses nor the ports of the refused ones are taken.
    close();
    const last = ['--name', 'last', '--network', 'free', '-p', `127.0.0.1:${foreign}:80`];
    assert.deepEqual(await answerTo(world, ['run', '-d', ...last, 'busybox', 'sleep', '1000']), ['', 0, 0]);
    const { networks } = await world.engine.containers.inspect('last');
    assert.equal(networks[0]?.ipAddress, '10.231.3.2');
  },
);

test('a part of what a network of another state root has is not given again', NEEDS, async (t) => {
  const [one, other] = [await makeCommandWorld(t), await makeCommandWorld(t)];
  await one.print('network', 'create', '--subnet', '10.231.50.0/24', 'mine');
  for (const subnet of ['10.231.50.0/24', '10.231.50.128/25', '10.231.0.0/16']) {
    const { stderr, code } = await other.run('network', 'create', '--subnet', subnet, 'yours');
    assert.match(stderr, /^gantry: .*Pool overlaps with other one on this address space\n$/, subnet);
    assert.equal(code, 1);
  }
  assert.deepEqual(
    (await other.engine.networks.list()).map(({ name }) => name),
    ['bridge', 'host', 'none'],
  );
});

/** A program of the host that has a port. */
async function listenSomewhere(): Promise<{ readonly port: number; readonly close: () => void }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as { readonly port: number }).port, close: () => server.close() };
}
