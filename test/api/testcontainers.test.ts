import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { openClientWorld } from '../support/client-world.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const PACKAGE = 'testcontainers@12.2.0';

/** Its settings are read once, from the environment. Ryuk is an image of Docker Hub, which tests do not reach. */
function loadTestcontainers(folder: string, socket: string): ReturnType<NodeJS.Require> {
  execFileSync('npm', [
    'install',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    '--silent',
    '--prefer-offline',
    '--prefix',
    folder,
    PACKAGE,
  ]);
  Object.assign(process.env, {
    ...{ HOME: folder, DOCKER_HOST: `unix://${socket}`, TESTCONTAINERS_RYUK_DISABLED: 'true' },
    // Else it is guessed from whether the test itself runs in a container.
    TESTCONTAINERS_HOST_OVERRIDE: '127.0.0.1',
  });
  return createRequire(join(folder, 'package.json'))('testcontainers');
}

test(
  'testcontainers starts, waits for, looks into and removes containers',
  requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:npm'),
  async (t) => {
    if (process.env['GANTRY_TEST_CLIENTS'] !== 'full') {
      t.skip('installs 173 packages: set GANTRY_TEST_CLIENTS=full');
      return;
    }
    const world = await openClientWorld();
    t.after(world.close);
    const folder = makeTemporaryFolder(t);
    const { GenericContainer, Network, Wait } = loadTestcontainers(folder, world.socket);
    writeFileSync(join(folder, 'file.txt'), 'from a file\n');
    const network = await new Network().start();
    const server = await new GenericContainer('web:1')
      .withNetwork(network)
      .withNetworkAliases('server')
      .withExposedPorts(80)
      .withEnvironment({ A: 'b' })
      .withLabels({ of: 'the test' })
      .withCopyContentToContainer([{ content: 'from a text\n', target: '/www/text.txt' }])
      .withCopyFilesToContainer([{ source: join(folder, 'file.txt'), target: '/www/file.txt' }])
      .withWaitStrategy(Wait.forListeningPorts())
      .start();
    const url = `http://${server.getHost()}:${server.getMappedPort(80)}`;
    assert.equal(await (await fetch(`${url}/text.txt`)).text(), 'from a text\n');
    assert.equal(await (await fetch(`${url}/file.txt`)).text(), 'from a file\n');
    const ran = await server.exec(['sh', '-c', 'echo "$A"; echo err >&2; exit 3']);
    assert.deepEqual([ran.exitCode, ran.stdout, ran.stderr], [3, 'b\n', 'err\n']);

    const [logged, healthy, answering] = await Promise.all([
      new GenericContainer('web:1')
        .withNetwork(network)
        .withCommand(['sh', '-c', 'wget -qO- http://server/ && echo is ready && exec sleep 1000'])
        .withWaitStrategy(Wait.forLogMessage('is ready'))
        .start(),
      new GenericContainer('web:1')
        .withHealthCheck({
          test: ['CMD-SHELL', 'wget -qO- http://127.0.0.1/'],
          interval: 100,
          timeout: 5000,
          retries: 50,
        })
        .withWaitStrategy(Wait.forHealthCheck())
        .start(),
      new GenericContainer('web:1').withExposedPorts(80).withWaitStrategy(Wait.forHttp('/', 80)).start(),
    ]);
    const logs = await logged.logs();
    assert.match(String(await once(logs, 'data')), /hello|is ready/);
    logs.destroy();
    await server.copyContentToContainer([{ content: 'later\n', target: '/www/later.txt' }]);
    assert.equal(await (await fetch(`${url}/later.txt`)).text(), 'later\n');
    assert.match(String(await text(await server.copyArchiveFromContainer('/www'))), /www\/later\.txt/);
    await answering.restart();
    assert.equal((await fetch(`http://${answering.getHost()}:${answering.getMappedPort(80)}/`)).status, 200);
    await Promise.all([server, logged, healthy, answering].map((container) => container.stop({ timeout: 100 })));
    await network.stop();
    assert.equal(await world.gantry.print('ps', '-aq'), '');
    assert.equal(await world.gantry.print('network', 'ls', '-q', '--filter', 'type=custom'), '');
    assert.deepEqual(world.warnings(), []);
  },
);
