import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type ClientWorld, openClientWorld } from '../support/client-world.js';
import { requires } from '../support/requires.js';
import { waitUntil } from '../support/wait-until.js';

const PROJECT = `
services:
  db:
    image: web:1
    command: [sh, -c, 'touch /state/ready; exec httpd -f -h /www']
    stop_signal: SIGKILL
    volumes: ['state:/state']
    healthcheck: {test: 'test -e /state/ready', interval: 200ms, retries: 20}
    networks: {back: {aliases: [database]}}
  web:
    image: web:1
    stop_signal: SIGKILL
    depends_on: {db: {condition: service_healthy}}
    ports: ['127.0.0.1::80']
    volumes: ['./page:/www:ro']
    environment: {A: b, FROM_IMAGE: null}
    networks: [back, front]
  worker:
    image: web:1
    command: [sh, -c, 'wget -qO- http://database/ && exec tail -f /dev/null']
    init: true
    depends_on: [db]
    networks: [back]
networks: {back: {}, front: {labels: {side: front}}}
volumes: {state: {}}
`;

interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Compose {
  /** With more of an environment. */
  start(
    words: readonly string[],
    more?: Readonly<Record<string, string>>,
  ): { readonly child: ChildProcess; readonly result: Promise<Said>; readonly printed: () => string };
  /** What a command that must succeed prints. */
  print(...words: readonly string[]): Promise<string>;
}

function openCompose({ folder, socket }: ClientWorld): Compose {
  mkdirSync(join(folder, 'page'));
  writeFileSync(join(folder, 'page/index.html'), 'of the project\n');
  writeFileSync(join(folder, 'docker-compose.yml'), PROJECT);
  const env = {
    ...{ PATH: process.env['PATH'], HOME: folder, DOCKER_CONFIG: join(folder, 'config'), LC_ALL: 'C.UTF-8' },
    ...{ DOCKER_HOST: `unix://${socket}`, COMPOSE_PROJECT_NAME: 'p' },
  };
  const start: Compose['start'] = (words, more = {}) => {
    const child = spawn('docker-compose', ['--ansi', 'never', ...words], {
      ...{ env: { ...env, ...more }, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const result = new Promise<Said>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return { child, result, printed: () => stdout };
  };
  return {
    start,
    print: async (...words) => {
      const { code, stdout, stderr } = await start(words).result;
      assert.equal(code, 0, `docker-compose ${words.join(' ')}: ${stdout}${stderr}`);
      return stdout;
    },
  };
}

/** Name and state of each container. */
function parseRows(table: string): Readonly<Record<string, string>> {
  const rows = table.matchAll(/^(p_\w+) .*?(Up \(\w+\)|Up|Paused|Exit \d+)( .*)?$/gm);
  return Object.fromEntries([...rows].map(([, name = '', state = '']) => [name, state]));
}

const UP = { p_db_1: 'Up (healthy)', p_web_1: 'Up', p_worker_1: 'Up' };

/** docker-compose of Debian as its users have it. A command of it takes a second: it is run where that is asked for. */
test(
  'docker-compose brings a project up, looks at it, changes it and takes it down',
  requires('root', 'overlay', 'command:busybox', 'command:ip', 'command:docker-compose', 'command:docker'),
  async (t) => {
    if (process.env['GANTRY_TEST_CLIENTS'] !== 'full') {
      t.skip('takes a minute: set GANTRY_TEST_CLIENTS=full');
      return;
    }
    const world = await openClientWorld();
    t.after(world.close);
    const compose = openCompose(world);
    await compose.print('up', '-d');
    await tryServices(compose);
    await look(compose);
    await change(t, compose);
    // Workers are orphans then.
    writeFileSync(join(world.folder, 'docker-compose.yml'), PROJECT.replace(/ {2}worker:[\s\S]*?(?=\nnetworks:)/, ''));
    await compose.print('down', '-v', '--remove-orphans', '-t', '5');
    assert.equal(await world.gantry.print('ps', '-aq'), '');
    assert.equal(await world.gantry.print('volume', 'ls', '-q'), '');
    assert.equal(await world.gantry.print('network', 'ls', '-q', '--filter', 'type=custom'), '');
    assert.deepEqual(world.warnings(), []);
  },
);

/** Without it, exec and run are said to the docker client. */
const BY_LIBRARY = { COMPOSE_INTERACTIVE_NO_CLI: '1' };

/** What the library's exec says comes after what it asks the network for: with the head of the answer the library would lose it. */
async function tryServices({ start, print }: Compose): Promise<void> {
  const command = 'wget -qO- http://database/; echo "[$A][$FROM_IMAGE]"; exit 3';
  const [ps, port, executed] = await Promise.all([
    print('ps'),
    print('port', 'web', '80'),
    start(['exec', '-T', 'web', 'sh', '-c', command], BY_LIBRARY).result,
  ]);
  assert.deepEqual(parseRows(ps), UP);
  assert.equal(await (await fetch(`http://${port.trim()}/`)).text(), 'of the project\n');
  assert.deepEqual([executed.code, executed.stdout], [3, 'hello\n[b][]\n']);
  const [ran] = await Promise.all([
    start(['run', '--rm', '-T', 'web', 'sh', '-c', 'wget -qO- http://web/; exit 4']).result,
    print('up', '-d', '--scale', 'worker=2', 'worker'),
  ]);
  assert.deepEqual([ran.code, ran.stdout], [4, 'of the project\n']);
}

async function look({ start, print }: Compose): Promise<void> {
  const [executed, logs, top, services, images] = await Promise.all([
    start(['exec', '-T', 'web', 'sh', '-c', 'echo out; echo err >&2; exit 5']).result,
    print('logs', '--no-color', 'db', 'worker'),
    print('top', 'db'),
    print('config', '--services'),
    print('images', '-q'),
  ]);
  assert.deepEqual([executed.code, executed.stdout, executed.stderr], [5, 'out\n', 'err\n']);
  // What depends on a service that has begun finds it by its alias.
  assert.match(logs, /^worker_1 +\| hello$/m);
  assert.match(top, /^p_db_1\n[\s\S]*httpd -f -h \/www/);
  assert.deepEqual(services.trim().split('\n').sort(), ['db', 'web', 'worker']);
  assert.match(images, /^[0-9a-f]{64}\n/);
}

async function change(t: TestContext, { start, print }: Compose): Promise<void> {
  const events = start(['events']);
  t.after(() => events.child.kill('SIGKILL'));
  const readStates = async () => ({ ...parseRows(await print('ps', '-a')), p_db_1: '' });
  await Promise.all([print('pause', 'web'), print('stop', '-t', '5', 'worker'), print('restart', '-t', '0', 'db')]);
  const halted = { p_db_1: '', p_web_1: 'Paused', p_worker_1: 'Exit 143', p_worker_2: 'Exit 143' };
  assert.deepEqual(await readStates(), halted);
  await Promise.all([print('unpause', 'web'), print('start', 'worker')]);
  await print('kill', 'web');
  const mixed = { p_db_1: '', p_web_1: 'Exit 137', p_worker_1: 'Up', p_worker_2: 'Up' };
  assert.deepEqual(await readStates(), mixed);
  const isOver = () => /container die .*name=p_web_1/.test(events.printed()) && events.printed();
  const told = await waitUntil('the kill', isOver);
  for (const deed of ['unpause', 'kill', 'die']) assert.match(told, new RegExp(`container ${deed} .*p_web_1`));
  assert.match(told, /container start .*p_worker_2/);
}
