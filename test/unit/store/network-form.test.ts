import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type NetworkForm, parseNetworkForm } from '../../../src/store/network-form.js';

const EMPTY: NetworkForm = {
  ...{ name: 'app', driver: '', subnets: '', gateways: '', ranges: '' },
  ...{ isIpv6: false, isInternal: false, options: '', labels: '' },
};

test('a name alone is a network of the default driver, with a subnet of the engine\u2019s choice', () => {
  const { args, config } = parseNetworkForm(EMPTY);
  assert.deepEqual(args, ['gantry', 'network', 'create', 'app']);
  assert.deepEqual(config, { name: 'app', options: {}, labels: {}, internal: false });
});

test('gateways and ranges go to the subnet that they are in', () => {
  const { args, config } = parseNetworkForm({
    ...EMPTY,
    ...{
      driver: 'bridge',
      subnets: '10.9.0.0/24 fd00:9::/64',
      gateways: 'fd00:9::1 10.9.0.9',
      ranges: '10.9.0.128/25',
    },
    ...{ isIpv6: true, isInternal: true, options: 'com.docker.network.driver.mtu=1400', labels: 'a=b bare' },
  });
  assert.deepEqual(config, {
    ...{ name: 'app', driver: 'bridge', internal: true, enableIpv6: true },
    pools: [
      { subnet: '10.9.0.0/24', gateway: '10.9.0.9', ipRange: '10.9.0.128/25' },
      { subnet: 'fd00:9::/64', gateway: 'fd00:9::1' },
    ],
    options: { 'com.docker.network.driver.mtu': '1400' },
    labels: { a: 'b', bare: '' },
  });
  const line =
    'gantry network create --driver bridge --subnet 10.9.0.0/24 --subnet fd00:9::/64 --gateway fd00:9::1 --gateway 10.9.0.9 ' +
    '--ip-range 10.9.0.128/25 --ipv6 --internal --opt com.docker.network.driver.mtu=1400 --label a=b --label bare= app';
  assert.equal(args.join(' '), line);
});

for (const [change, message] of [
  [{ gateways: '10.9.0.1' }, 'every ip-range or gateway must have a corresponding subnet'],
  [{ subnets: '10.9.0.0/24', gateways: '10.8.0.1' }, 'no matching subnet for gateway 10.8.0.1'],
  [{ subnets: '10.9.0.0/24', ranges: '10.8.0.0/25' }, 'no matching subnet for range 10.8.0.0/25'],
  [{ subnets: '10.9.0.0/24 10.9.0.0/25' }, 'multiple overlapping subnet configuration is not supported'],
] as const) {
  test(`what goes with nothing is refused: ${message}`, () => {
    assert.throws(() => parseNetworkForm({ ...EMPTY, ...change }), { kind: 'invalid-argument', message });
  });
}
