import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openApi } from '../support/api.js';
import { requires } from '../support/requires.js';

const needs = requires('root', 'overlay', 'command:busybox', 'command:ip');

const filter = (filters: object): string => `filters=${encodeURIComponent(JSON.stringify(filters))}`;

test('a network is made as asked, listed, inspected and removed', needs, async (t) => {
  const { send, warnings } = await openApi(t);
  const created = await send('POST', '/networks/create', {
    body: {
      ...{ Name: 'n1', Driver: 'bridge', CheckDuplicate: true, Scope: '', Internal: false, ConfigFrom: null },
      ...{ EnableIPv4: true, EnableIPv6: false, Attachable: true, Labels: { x: 'y' } },
      IPAM: {
        Driver: 'default',
        Options: {},
        Config: [
          {
            ...{ Subnet: '172.30.77.0/24', IPRange: '172.30.77.128/25', Gateway: '172.30.77.1' },
            AuxiliaryAddresses: { printer: '172.30.77.9' },
          },
        ],
      },
      Options: { 'com.docker.network.driver.mtu': '1400' },
    },
  });
  assert.equal(created.status, 201, created.text);
  const { Id: id, Warning: warning } = created.json();
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(warning, '');
  const network = (await send('GET', `/networks/${id.slice(0, 12)}?verbose=true&scope=local`)).json();
  assert.deepEqual(
    { ...network, Created: '' },
    {
      ...{ Name: 'n1', Id: id, Created: '', Scope: 'local', Driver: 'bridge', EnableIPv4: true, EnableIPv6: false },
      IPAM: {
        ...{ Driver: 'default', Options: {} },
        Config: [
          {
            ...{ Subnet: '172.30.77.0/24', IPRange: '172.30.77.128/25', Gateway: '172.30.77.1' },
            AuxiliaryAddresses: { printer: '172.30.77.9' },
          },
        ],
      },
      ...{ Internal: false, Attachable: true, Ingress: false, ConfigFrom: { Network: '' }, ConfigOnly: false },
      ...{ Containers: {}, Options: { 'com.docker.network.driver.mtu': '1400' }, Labels: { x: 'y' } },
    },
  );
  const names = async (query = '') =>
    (await send('GET', `/networks?${query}`)).json().map(({ Name }: { Name: string }) => Name);
  assert.deepEqual(await names(), ['bridge', 'host', 'n1', 'none']);
  assert.deepEqual(await names(filter({ type: ['custom'] })), ['n1']);
  assert.deepEqual(await names(filter({ label: { 'x=y': true } })), ['n1']);
  assert.deepEqual(await names(filter({ driver: ['null'] })), ['none']);
  assert.deepEqual(await names(filter({ dangling: ['true'] })), ['n1']);
  const again = await send('POST', '/networks/create', { body: { Name: 'n1' } });
  assert.deepEqual([again.status, again.json().message], [409, 'network with name n1 already exists']);
  assert.equal((await send('GET', '/networks/n1?scope=swarm')).status, 404);
  assert.deepEqual(
    [(await send('DELETE', '/networks/n1')).status, (await send('DELETE', '/networks/n1')).status],
    [204, 404],
  );
  assert.deepEqual((await send('GET', '/networks/n1')).json(), { message: 'network n1 not found' });
  assert.equal((await send('DELETE', '/networks/bridge')).status, 403);
  assert.deepEqual(warnings, []);
});

test('a container comes into a network with what was asked for, and goes again', needs, async (t) => {
  const { send, engine, warnings } = await openApi(t);
  const pool = { Subnet: '172.30.78.0/24' };
  await send('POST', '/networks/create', { body: { Name: 'n1', IPAM: { Config: [pool] } } });
  const { id } = await engine.containers.create({ image: 'busybox', name: 'c1', command: ['sleep', '1000'] });
  await engine.containers.start(id);
  const endpoint = {
    IPAMConfig: { IPv4Address: '172.30.78.50' },
    ...{ Links: null, Aliases: ['al'], MacAddress: '02:42:ac:1e:4e:32', DriverOpts: {}, GwPriority: 0 },
    ...{ NetworkID: '', EndpointID: '', Gateway: '', IPAddress: '', IPPrefixLen: 0, DNSNames: null },
  };
  const body = { Container: 'c1', EndpointConfig: endpoint };
  const connected = await send('POST', '/networks/n1/connect', { body });
  assert.deepEqual([connected.status, connected.text], [200, '']);
  const { Containers: members } = (await send('GET', '/networks/n1')).json();
  assert.deepEqual(Object.keys(members), [id]);
  assert.equal(members[id].IPv4Address, '172.30.78.50/24');
  assert.equal(members[id].MacAddress, '02:42:ac:1e:4e:32');
  assert.equal((await send('POST', '/networks/n1/connect', { body })).status, 403);
  const busy = await send('DELETE', '/networks/n1');
  assert.equal(busy.status, 403);
  assert.match(busy.json().message, /network n1 has active endpoints/);
  const leave = { body: { Container: 'c1', Force: false } };
  assert.equal((await send('POST', '/networks/n1/disconnect', leave)).status, 200);
  assert.deepEqual((await send('GET', '/networks/n1')).json().Containers, {});
  assert.equal((await send('POST', '/networks/n1/disconnect', leave)).status, 404);
  assert.equal((await send('POST', '/networks/n1/connect', { body: { Container: 'nosuch' } })).status, 404);
  assert.deepEqual(warnings, []);
});

test('a prune removes the networks that no container is in', needs, async (t) => {
  const { send, engine } = await openApi(t);
  const make = (name: string, label: string) =>
    send('POST', '/networks/create', { body: { Name: name, Labels: { [label]: '' } } });
  await make('used', 'a');
  await make('free', 'b');
  await make('kept', 'c');
  await engine.containers.create({ image: 'busybox', command: ['x'], networks: [{ network: 'used' }] });
  const prune = async (filters: object) => (await send('POST', `/networks/prune?${filter(filters)}`)).json();
  assert.deepEqual(await prune({ until: ['1h'] }), { NetworksDeleted: null });
  assert.deepEqual(await prune({ 'label!': ['c'] }), { NetworksDeleted: ['free'] });
  assert.deepEqual((await send('POST', '/networks/prune')).json(), { NetworksDeleted: ['kept'] });
});

test('a network takes its configuration from one that is nothing else', needs, async (t) => {
  const { send } = await openApi(t);
  const config = { Name: 'conf', ConfigOnly: true, IPAM: { Config: [{ Subnet: '172.30.80.0/24' }] } };
  assert.equal((await send('POST', '/networks/create', { body: config })).status, 201);
  const made = { Name: 'n1', ConfigFrom: { Network: 'conf' } };
  assert.equal((await send('POST', '/networks/create', { body: made })).status, 201);
  assert.equal((await send('GET', '/networks/conf')).json().ConfigOnly, true);
  const network = (await send('GET', '/networks/n1')).json();
  assert.deepEqual([network.ConfigFrom, network.IPAM.Config[0].Subnet], [{ Network: 'conf' }, '172.30.80.0/24']);
  const missing = { Name: 'n2', ConfigFrom: { Network: 'nosuch' } };
  assert.equal((await send('POST', '/networks/create', { body: missing })).status, 404);
  const both = { Name: 'n2', ConfigOnly: true, Internal: true };
  assert.equal((await send('POST', '/networks/create', { body: both })).status, 403);
});
