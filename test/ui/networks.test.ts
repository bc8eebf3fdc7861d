import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerConfig } from '../../src/model/container-config.js';
import { FakeEngine } from '../support/fake-engine.js';
import { startUiScreen, type UiScreen, type UiScreenOptions } from '../support/ui-screen.js';
import { waitUntil } from '../support/wait-until.js';

interface Opened {
  readonly engine: FakeEngine;
  readonly screen: UiScreen;
}

const inApp = (more: Partial<ContainerConfig> = {}): Partial<ContainerConfig> => ({
  networks: [{ network: 'app', aliases: ['front'] }],
  ...more,
});

/** Two networks of the user's, one of them with two containers; the list of networks has the focus, and `app` is selected. */
async function openNetworks(size: Pick<UiScreenOptions, 'columns' | 'rows'> = {}): Promise<Opened> {
  const engine = new FakeEngine();
  await engine.networks.create({
    name: 'app',
    pools: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }],
    labels: { team: 'web' },
  });
  await engine.networks.create({ name: 'spare', internal: true, pools: [{ subnet: '10.10.0.0/24' }] });
  const ports = [{ containerPort: 80, protocol: 'tcp', hostPort: 8080 }] as const;
  await engine.add(inApp({ name: 'web', ports }));
  await engine.add(inApp({ name: 'db' }));
  await engine.add({ name: 'lone' });
  const screen = startUiScreen(engine, { columns: 120, rows: 40, ...size });
  await screen.waitFor('lone');
  screen.press('4');
  await screen.waitFor(/app +bridge|app +10\.9/);
  return { engine, screen };
}

async function withNetworks(
  act: (opened: Opened) => Promise<void>,
  size?: Pick<UiScreenOptions, 'columns' | 'rows'>,
): Promise<void> {
  const opened = await openNetworks(size);
  try {
    await act(opened);
  } finally {
    await opened.screen.close();
  }
}

const namesOf = async ({ networks }: FakeEngine) => (await networks.list()).map(({ name }) => name);

/** The names of a container's networks. */
async function placesOf({ containers }: FakeEngine, name: string): Promise<readonly string[]> {
  return (await containers.inspect(name)).networks.map(({ networkName }) => networkName);
}

test('the list tells of each network its driver, subnet, containers and kind; the details who is in it and where', async () => {
  await withNetworks(async ({ screen }) => {
    await screen.waitFor(/▸app +bridge +10\.9\.0\.0\/24 +2/);
    await screen.waitFor(/subnet +10\.9\.0\.0\/24 {2}gateway 10\.9\.0\.1/);
    await screen.waitFor(/label +team=web/);
    await screen.waitFor(/CONTAINER +ADDRESS +PORTS/);
    await screen.waitFor(/db +10\.9\.0\.3/);
    await screen.waitFor(/web +10\.9\.0\.2 +8080→80/);
    screen.press('+', '+');
    await screen.waitFor(/spare +bridge +10\.10\.0\.0\/24 +0 internal/);
  });
});

test('what happens to its containers shows at once', async () => {
  await withNetworks(async ({ engine, screen }) => {
    await screen.waitFor(/db +10\.9\.0\.3/);
    await engine.networks.connect('app', 'lone');
    await screen.waitFor(/lone +10\.9\.0\.4/);
    await screen.waitFor(/network connect app lone/);
    await engine.networks.disconnect('app', 'db');
    await screen.waitFor(/▸app +bridge +10\.9\.0\.0\/24 +2/);
    await engine.containers.stop('lone');
    await screen.waitFor(/lone +✖ err 143/);
    await engine.networks.disconnect('app', 'lone');
    await engine.networks.disconnect('app', 'web');
    await screen.waitFor('no container is in it');
  });
});

test('the traffic of each container is a graph of what comes in and one of what goes out', async () => {
  await withNetworks(async ({ screen }) => {
    screen.press('t');
    await screen.waitFor(/\[Traffic\]/);
    await screen.waitFor(/db ↓2\.9K\/s +db ↑1000B\/s|db ↓2\.9K\/s +db ↑1\.0K\/s/, 8000);
    screen.press('f');
    await screen.waitFor('frozen: f');
    screen.press('f', ']');
    await screen.waitFor(/\[Inspect\]/);
    await screen.waitFor(/"Name": "app"/);
    screen.press('\x1b');
    await screen.waitFor(/▸app/);
  });
});

test('a container in two networks has the traffic of its interface in each', async () => {
  await withNetworks(async ({ engine, screen }) => {
    await engine.networks.connect('spare', 'web');
    screen.press('G', 't');
    await screen.waitFor(/spare {2}Network \[Traffic\]/);
    // The fake's second interface has half of what the first has.
    await screen.waitFor(/web ↓1\.5K\/s/, 8000);
  });
});

test('a network is made by a form, and what the engine refuses is told in it', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('n');
    await screen.waitFor('Make a network');
    screen.press('app', '\r');
    await screen.waitFor('network with name app already exists');
    // The name again, driver, subnet, gateway, range, then the two switches.
    screen.press('2', '\t', '\t', '10.20.0.0/24', '\t', '10.30.0.1', '\r');
    await screen.waitFor('no matching subnet for gateway 10.30.0.1');
    screen.press('\x15', '10.20.0.254', '\t', '\t', ' ', '\t', ' ');
    await screen.waitFor(/IPv6 +\[x\]/);
    await screen.waitFor(/internal +\[x\]/);
    screen.press('\t', 'com.docker.network.driver.mtu=1400', '\t', 'a=b', '\r');
    await screen.waitFor('app2 made');
    await screen.waitFor(/▸app2/);
    const made = (await engine.networks.list()).find(({ name }) => name === 'app2');
    assert.deepEqual(made?.pools, [{ subnet: '10.20.0.0/24', gateway: '10.20.0.254' }]);
    assert.equal(made?.internal, true);
    assert.equal(made?.enableIpv6, true);
    assert.deepEqual(made?.options, { 'com.docker.network.driver.mtu': '1400' });
    assert.deepEqual(made?.labels, { a: 'b' });
    screen.press('@');
    await screen.waitFor('✓ gantry network create --subnet 10.20.0.0/24 --gateway 10.20.0');
  });
});

test('a container is chosen for a network, with aliases and an address; a wrong one is told in the form', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('w');
    await screen.waitFor('Connect to app');
    screen.press('\r');
    await screen.waitFor('Connect lone to app');
    screen.press('l1 l2', '\t', '10.77.0.9', '\r');
    await screen.waitFor('no configured subnet contains IP address 10.77.0.9');
    screen.press('\x15', '10.9.0.77', '\r');
    await screen.waitFor('lone is in app');
    await screen.waitFor(/lone +10\.9\.0\.77/);
    const [endpoint] = (await engine.containers.inspect('lone')).networks;
    assert.deepEqual(endpoint?.attachment.aliases, ['l1', 'l2']);
    screen.press('w');
    await screen.waitFor('every container is in it');
    screen.press('@');
    await screen.waitFor('✓ gantry network connect --alias l1 --alias l2 --ip 10.9.0.77 app');
  });
});

test('a network is chosen for a container, and one of its networks is left, after a question', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('1', '/', 'web', '\r', 'w');
    await screen.waitFor('Connect web to');
    await screen.waitFor(/spare +bridge 10\.10\.0\.0\/24/);
    screen.press('j', '\r');
    await screen.waitFor('Connect web to spare');
    screen.press('\r');
    await screen.waitFor('web is in spare');
    assert.deepEqual(await placesOf(engine, 'web'), ['app', 'spare']);
    screen.press('W');
    await screen.waitFor('Disconnect web from');
    screen.press('\r');
    await screen.waitFor('Disconnect web from app?');
    await screen.waitFor('It loses 10.9.0.2, and connections through it end.');
    screen.press('n', 'W', '\r', 'y');
    await screen.waitFor('web is no longer in app');
    assert.deepEqual(await placesOf(engine, 'web'), ['spare']);
  });
});

test('a container is taken out of the network; what the engine refuses is told as it is', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('W');
    await screen.waitFor('Disconnect from app');
    screen.press('j', '\r');
    await screen.waitFor('Disconnect web from app?');
    await engine.networks.disconnect('app', 'web');
    screen.press('y');
    await screen.waitFor(/container [0-9a-f]{12,64} is not connected to the network app/);
    screen.press('W', '\r', 'y');
    await screen.waitFor('db is no longer in app');
    await screen.waitFor('no container is in it');
    screen.press('W');
    await screen.waitFor('! no container is in it');
  });
});

test('a network is removed after a question that says who is in it; a refusal is told as it is', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('d');
    await screen.waitFor('Remove app?');
    await screen.waitFor('In it: db, web.');
    screen.press('y');
    await screen.waitFor(
      /error while removing network: network app has active endpoints \(name:"\w+" id:"[0-9a-f]{12}"/,
    );
    screen.press('j', 'd');
    await screen.waitFor('Remove bridge?');
    screen.press('y');
    await screen.waitFor('bridge is a pre-defined network and cannot be removed');
    assert.deepEqual(await namesOf(engine), ['app', 'bridge', 'host', 'none', 'spare']);
  });
});

test('marked networks are removed together', async () => {
  await withNetworks(async ({ engine, screen }) => {
    await engine.networks.create({ name: 'old' });
    await screen.waitFor(/Networks 6/);
    screen.press('/', 'old|spare', '\r', '\x01');
    await screen.waitFor('2 marked');
    screen.press('b');
    await screen.waitFor('With 2 marked');
    screen.press('\r');
    await screen.waitFor('Remove old, spare?');
    screen.press('y');
    await screen.waitFor(/Networks 4/);
    assert.deepEqual(await namesOf(engine), ['app', 'bridge', 'host', 'none']);
  });
});

test('of several marked networks those that cannot go are told, and the others go', async () => {
  await withNetworks(async ({ engine, screen }) => {
    await screen.waitFor(/Networks 5/);
    screen.press('\x01', 'd');
    await screen.waitFor('Remove app, bridge, host, none and 1 more?');
    screen.press('y');
    await screen.waitFor(/app, bridge, host, none not removed: error while removing network: network app/);
    assert.deepEqual(await namesOf(engine), ['app', 'bridge', 'host', 'none']);
  });
});

test('a prune names first what goes, and says so when there is nothing', async () => {
  await withNetworks(async ({ engine, screen }) => {
    screen.press('P');
    await screen.waitFor('Remove 1 unused network?');
    await screen.waitFor(/│ +spare +│/);
    assert.ok((await namesOf(engine)).includes('spare'));
    screen.press('y');
    await screen.waitFor('Deleted Networks: spare');
    await screen.waitFor(/Networks 4/);
    screen.press('P');
    await screen.waitFor('every network has a container: nothing to prune');
    screen.press('@');
    await screen.waitFor('gantry network prune --force');
  });
});

test('the list is sorted by what is chosen, and its columns are chosen too', async () => {
  await withNetworks(async ({ screen }) => {
    screen.press('+', '+', 'o');
    await screen.waitFor('Sort by');
    screen.press('j', 'j', 'j', '\r');
    await screen.waitFor('sort containers');
    screen.press('O', 'g');
    await screen.waitFor('sort containers reversed');
    await screen.waitFor(/spare[^\n]*\n[^\n]*none[^\n]*\n/);
    screen.press('C', 'j', ' ', '\x1b');
    await screen.waitFor(/NETWORK +SUBNET/);
  });
});

test('the details of a container have its published ports, and its address in each network', async () => {
  await withNetworks(async ({ engine, screen }) => {
    await engine.networks.connect('spare', 'web');
    screen.press('1', '/', 'web', '\r', '+', '+');
    await screen.waitFor(/web +● up .* 8080→80/);
    screen.press('_', '_', 'n');
    await screen.waitFor(/\[Net\]/);
    await screen.waitFor(/ports +8080→80/);
    await screen.waitFor(/app at eth0/);
    await screen.waitFor(/address +10\.9\.0\.2\/24/);
    await screen.waitFor(/gateway +10\.9\.0\.1/);
    await screen.waitFor(/MAC +02:42:0a:00:00:02/);
    await screen.waitFor(/aliases +front/);
    screen.press('+', '+');
    await screen.waitFor(/spare at eth1/);
    await screen.waitFor(/address +10\.10\.0\.2\/24/);
    await engine.containers.stop('web');
    await screen.waitFor(/ports +8080→80 when it runs/);
  });
});

for (const [columns, rows] of [
  [60, 16],
  [40, 10],
  [39, 9],
] as const) {
  test(`networks can be seen and made at ${columns}x${rows}`, async () => {
    await withNetworks(
      async ({ engine, screen }) => {
        screen.press('\r');
        await screen.waitFor(/network +app/);
        screen.press('t', ']', ']', '\x1b');
        await screen.waitFor(/▸app/);
        screen.press('n');
        await screen.waitFor('Make a network');
        screen.press('tiny', ...'\t'.repeat(7));
        // The field that has the cursor is in sight, and so are the keys.
        await screen.waitFor(/▸ options/);
        await screen.waitFor(/↵ make/);
        screen.press('a=b', '\r');
        await screen.waitFor(/▸tiny/);
        assert.ok((await namesOf(engine)).includes('tiny'));
      },
      { columns, rows },
    );
  });
}

test('of many containers those are read and drawn that are on screen, and one can scroll to all', async () => {
  const engine = new FakeEngine();
  await engine.networks.create({ name: 'app', pools: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1' }] });
  for (let i = 10; i < 70; i++) await engine.add(inApp({ name: `box-${i}` }));
  const read: number[] = [];
  const readStats = engine.containers.readStats.bind(engine.containers);
  engine.containers.readStats = (ids) => {
    read.push(ids.length);
    return readStats(ids);
  };
  const screen = startUiScreen(engine, { columns: 80, rows: 24 });
  try {
    await screen.waitFor('box-69');
    screen.press('4', '\r');
    await screen.waitFor(/box-12 +10\.9\.0\.4/);
    screen.press('G');
    await screen.waitFor(/box-69 +10\.9\.0\.61 +2\.9K/, 8000);
    screen.press('t');
    await screen.waitFor(/box-10 ↓2\.9K\/s/, 8000);
    read.length = 0;
    await screen.waitFor(/box-11 ↓2\.9K\/s/, 8000);
    screen.press('f', 'f');
    // The window of the list of containers, and a few of the network's.
    await waitUntil('two readings', () => read.length >= 2);
    assert.ok(Math.max(...read) < 40, `${Math.max(...read)} were read`);
    screen.press('G');
    await screen.waitFor(/box-69 ↓/, 8000);
  } finally {
    await screen.close();
  }
});
