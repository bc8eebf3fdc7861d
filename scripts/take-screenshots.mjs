// Takes the pictures in screenshots/: the real program, running real containers below a root of its own, in a real terminal.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startInTerminal } from '../dist/test/support/terminal.js';
import { screenToPng } from './screen-image.mjs';

const folder = mkdtempSync(join(tmpdir(), 'gantry-pictures-'));
const environment = {
  ...process.env,
  GANTRY_ROOT: join(folder, 'root'),
  GANTRY_RUN_ROOT: join(folder, 'run'),
  XDG_CONFIG_HOME: join(folder, 'config'),
  DOCKER_CONFIG: join(folder, 'docker'),
};

const ofProject = (service) => [
  ...['--label', 'com.docker.compose.project=shop'],
  ...['--label', `com.docker.compose.service=${service}`],
];

/** Containers that have something to show: two of a project that talk, one throttled, one that grows, one that was killed for memory, one paused. */
const CONTAINERS = [
  [
    'api',
    ['--network', 'app', '--network-alias', 'backend', '-p', '18080:80', ...ofProject('api')],
    'while :; do nc -ll -p 80 -e cat; done',
  ],
  [
    'client',
    ['--network', 'app', ...ofProject('client')],
    'i=0; while :; do i=$((i+7)); head -c $((i % 20 * 30000)) /dev/zero | nc -w 1 api 80 > /dev/null; sleep 0.3; done',
  ],
  [
    'web',
    ['--memory', '64m', '--cpus', '0.5'],
    'i=0; while :; do i=$((i+1)); echo "GET /items/$i 200"; for k in $(seq 4000); do :; done; sleep 0.1; done',
  ],
  ['cache', ['--memory', '128m'], 'x=; while :; do x=$x$(head -c 200000 /dev/zero | tr "\\0" x); sleep 0.5; done'],
  ['worker', ['--memory', '8m'], 'x=$(head -c 60000000 /dev/zero | tr "\\0" x)'],
  ['queue', [], 'while :; do sleep 1; done'],
  [
    'db',
    ['--memory', '256m', '--cpus', '1', '--volume', 'pgdata:/var/lib/pg'],
    'mkdir -p /var/lib/pg/base; head -c 300000 /dev/zero > /var/lib/pg/base/1; echo 16 > /var/lib/pg/PG_VERSION; while :; do date; sleep 1; done',
  ],
];

function gantry(...args) {
  return execFileSync('./gantry', args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

/** All of them, or those that are named as arguments. */
const PARTS = { screens: takeScreens, details: takeDetails, others: takeOthers, groups: takeGroups, small: takeSmall };
const wanted = process.argv.slice(2);

async function takePictures() {
  gantry('network', 'create', '--subnet', '10.188.7.0/24', '--label', 'team=web', 'app');
  gantry('network', 'create', '--subnet', '10.188.8.0/24', '--internal', 'back');
  for (const [name, options, script] of CONTAINERS) {
    gantry('run', '-d', '--name', name, '--hostname', name, ...options, 'busybox', 'sh', '-c', script);
  }
  gantry('pause', 'queue');
  gantry(
    'exec',
    'db',
    'sh',
    '-c',
    'mkdir -p /srv/app; cp /bin/busybox /srv/app/tool; echo 1 > /srv/app/data; rm -f /etc/group',
  );
  gantry('commit', '--message', 'a tool and its data', 'db', 'app:1');
  for (const [name, take] of Object.entries(PARTS)) {
    if (wanted.length === 0 || wanted.includes(name)) await take();
  }
}

/** The whole screen on terminals of several sizes. */
async function takeScreens() {
  await picture('screen-120x40', { columns: 120, rows: 40 }, async (screen) => {
    await selectContainer(screen, 'web');
    await screen.waitFor(/-\d[\dms]*s[^\n]*now/);
    gantry('update', '--memory', '96m', '--memory-swap', '96m', 'web');
    await settle(8_000);
  });
  await picture('screen-80x24', { columns: 80, rows: 24 }, async (screen) => {
    await selectContainer(screen, 'web');
    await settle(6_000);
  });
  await picture('screen-200x60', { columns: 200, rows: 60 }, async (screen) => {
    for (const name of ['cache', 'db', 'web']) {
      await selectContainer(screen, name);
      screen.type(' ');
      await settle(200);
    }
    screen.type('k');
    await settle(8_000);
  });
}

/** The tabs of a container, its shell, and what stands in front of them. */
async function takeDetails() {
  await album({ columns: 100, rows: 30 }, async (screen, take) => {
    await selectContainer(screen, 'web');
    await settle(6_000);
    screen.type('5+');
    await settle(1_000);
    await take('graphs-100x30');
    screen.type('__');
    for (const one of DETAILS) await takeOne(screen, take, one, 1_500);
    await selectTab(screen, 'Layers');
    await settle(1_500);
    await take('layers-100x30');
    await focusList(screen, 'db');
    screen.type('y');
    await screen.waitFor(/srv/, 20_000);
    await take('changes-100x30');
    await focusList(screen, 'worker');
    screen.type('5');
    await selectTab(screen, 'Stats');
    await take('exit-100x30');
    await focusList(screen, 'db');
    screen.type('e');
    await screen.waitFor('# ', 20_000);
    screen.type('top\r');
    await screen.waitFor('Load average', 20_000);
    await take('shell-100x30');
    await press(screen, ['q', '\x1d', '1']);
    for (const one of DIALOGS) {
      await takeOne(screen, take, one, 300);
      await press(screen, [ESCAPE]);
    }
  });
}

/** Images, volumes and networks. */
async function takeOthers() {
  await album({ columns: 100, rows: 30 }, async (screen, take) => {
    for (const one of OTHERS) await takeOne(screen, take, one, 700);
  });
  await picture('images-120x40', { columns: 120, rows: 40 }, async (screen) => {
    screen.type('2');
    await screen.waitFor('Files up to layer 1', 30_000);
    await settle(1_000);
  });
  await picture('networks-120x40', { columns: 120, rows: 40 }, async (screen) => {
    screen.type('4+');
    await screen.waitFor(/client +10\.188\.7\.\d/);
    await settle(25_000);
  });
}

/** Projects, and what is beyond this engine. */
async function takeGroups() {
  gantry('context', 'create', 'build', '--docker', 'host=ssh://ops@build.example.com');
  gantry('context', 'create', 'stage', '--docker', 'host=tcp://10.0.0.4:2376');
  await album({ columns: 100, rows: 30 }, async (screen, take) => {
    for (const one of GROUPS) {
      await takeOne(screen, take, one, 1_000);
      await press(screen, [ESCAPE]);
    }
  });
}

/** Where there is little room, or few characters. */
async function takeSmall() {
  await picture('screen-60x16', { columns: 60, rows: 16 }, async (screen) => {
    await selectContainer(screen, 'web');
    screen.type('5');
    await settle(5_000);
  });
  await picture('screen-40x10', { columns: 40, rows: 10 }, () => settle(4_000));
  await picture('ascii-80x24', { columns: 80, rows: 24, args: ['--plain'] }, async (screen) => {
    await settle(6_000);
    screen.type('5');
    await settle(500);
  });
}

const ESCAPE = '\x1b';

/** Details of a container: the key that shows them, and what is there then. */
const DETAILS = [
  ['logs', 'l', 'GET /items'],
  ['tune', 'u', /memory +4M/],
  ['network', 'n', 'address'],
  ['namespaces', 'N', 'uid map'],
  ['security', 'S', 'no-new-privs'],
  ['processes', 't', 'COMMAND'],
  ['inspect', 'i', '"Id"'],
];

const DIALOGS = [
  ['run-form', 'R', 'Run a container'],
  ['question', 'D', 'Remove by force'],
  ['signals', 'K', 'Send to'],
  ['columns', 'C', 'Columns'],
  ['help', '?', 'Keys'],
  ['palette', ':lim', /tune|limit/],
  ['events', 'V', 'type to filter'],
  ['commands', ['V', ESCAPE, '@'], 'Commands'],
];

const GROUPS = [
  ['projects', 'F', /shop/],
  ['contexts', 'Q', 'Show the engine'],
];

const OTHERS = [
  ['image', ['2', 'h', '['], 'entrypoint'],
  ['history', 'h', 'CREATED BY'],
  ['pull-form', 'p', 'Pull an image'],
  ['wasted', [ESCAPE, ESCAPE, '2', 'y', '\t', 'W'], /wast/i],
  ['volume', ['3', '\r'], 'used by'],
  ['volume-files', 'y', 'PG_VERSION'],
  ['network-details', ['4', '\x1b[B', '\r'], /10\.188\.\d/],
  ['traffic', 't', 'Traffic]'],
];

/** Several pictures of one screen, one after the other. */
async function album(size, act) {
  await onScreen(size, async (screen) => {
    await act(screen, (name) => save(name, screen));
  });
}

/** One of the tables below: its keys, what is there then, and the time that it has to become still, ms. */
async function takeOne(screen, take, [name, keys, shown], ms) {
  await press(screen, keys);
  await screen.waitFor(shown, 20_000);
  await settle(ms);
  await take(`${name}-100x30`);
}

/** Each key by itself: escape with another one behind it would be that one with alt. */
async function press(screen, keys) {
  for (const key of keys) {
    screen.type(key);
    await settle(200);
  }
}

async function focusList(screen, name) {
  await press(screen, [ESCAPE, '1']);
  await selectContainer(screen, name);
}

async function save(name, screen) {
  await screen.waitFor(/./);
  writeFileSync(join('screenshots', `${name}.png`), screenToPng(screen.xterm));
  console.log(`screenshots/${name}.png`);
}

async function picture(name, size, act) {
  await onScreen(size, async (screen) => {
    await act(screen);
    await save(name, screen);
  });
}

async function onScreen({ args = [], ...size }, act) {
  const screen = startInTerminal('./gantry', args, { ...size, env: environment });
  try {
    await screen.waitFor('db', 30_000);
    await act(screen);
  } finally {
    screen.kill('SIGTERM');
    await screen.exited;
  }
}

async function selectContainer(screen, name) {
  for (let tries = 0; tries < 40; tries++) {
    if (new RegExp(`▸\\+?\\s*${name}\\s`).test(screen.screen())) return;
    screen.type(tries % 10 === 0 ? 'g' : 'j');
    await settle(250);
  }
  throw new Error(`no ${name} in the list\n${screen.screen()}`);
}

/** A tab whose content has a pane of its own at this size is not among them. */
async function selectTab(screen, label) {
  for (let tries = 0; tries < 30; tries++) {
    if (screen.screen().includes(`[${label}]`)) return;
    screen.type(']');
    await settle(400);
  }
  throw new Error(`no tab ${label}\n${screen.screen()}`);
}

/** Graphs need time to have something on them. */
function settle(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

try {
  await takePictures();
} finally {
  for (const [name] of CONTAINERS) {
    try {
      gantry('rm', '-f', name);
    } catch (error) {
      console.error(String(error));
    }
  }
  try {
    gantry('volume', 'rm', 'pgdata');
    gantry('network', 'prune', '--force');
  } catch (error) {
    console.error(String(error));
  }
  rmSync(folder, { recursive: true, force: true });
}
