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
};

/** Containers that have something to show: two that talk, one throttled, one that grows, one that was killed for memory, one paused. */
const CONTAINERS = [
  [
    'api',
    ['--network', 'app', '--network-alias', 'backend', '-p', '18080:80'],
    'while :; do nc -ll -p 80 -e cat; done',
  ],
  [
    'client',
    ['--network', 'app'],
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
  ['db', ['--memory', '256m', '--cpus', '1'], 'while :; do date; sleep 1; done'],
];

function gantry(...args) {
  return execFileSync('./gantry', args, { env: environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
}

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
  for (const [name, open] of [
    ['logs', (screen) => screen.type('l')],
    ['tune', (screen) => screen.type('u')],
    ['namespaces', (screen) => selectTab(screen, 'NS')],
    ['security', (screen) => selectTab(screen, 'Sec')],
    ['processes', (screen) => selectTab(screen, 'Top')],
    ['layers', (screen) => selectTab(screen, 'Layers')],
  ]) {
    await picture(`${name}-100x30`, { columns: 100, rows: 30 }, async (screen) => {
      await selectContainer(screen, 'web');
      await open(screen);
      await settle(5_000);
    });
  }
  await picture('images-120x40', { columns: 120, rows: 40 }, async (screen) => {
    screen.type('2');
    await screen.waitFor('Files up to layer 1', 30_000);
    await settle(1_000);
  });
  await picture('networks-120x40', { columns: 120, rows: 40 }, async (screen) => {
    screen.type('4+');
    await screen.waitFor(/client +10\.188\.7\.\d/);
    await settle(40_000);
  });
  await picture('run-form-100x30', { columns: 100, rows: 30 }, async (screen) => {
    screen.type('R');
    await settle(1_000);
  });
  await picture('help-100x30', { columns: 100, rows: 30 }, async (screen) => {
    screen.type('?');
    await settle(1_000);
  });
}

async function picture(name, size, act) {
  const screen = startInTerminal('./gantry', [], { ...size, env: environment });
  try {
    await screen.waitFor('web', 30_000);
    await act(screen);
    await screen.waitFor(/./);
    writeFileSync(join('screenshots', `${name}.png`), screenToPng(screen.xterm));
    console.log(`screenshots/${name}.png`);
  } finally {
    screen.kill('SIGTERM');
    await screen.exited;
  }
}

async function selectContainer(screen, name) {
  for (let tries = 0; tries < 20; tries++) {
    if (new RegExp(`▸\\s*${name}\\s`).test(screen.screen())) return;
    screen.type('j');
    await settle(150);
  }
  throw new Error(`no ${name} in the list\n${screen.screen()}`);
}

/** A tab whose content has a pane of its own at this size is not among them. */
async function selectTab(screen, label) {
  for (let tries = 0; tries < 10; tries++) {
    if (screen.screen().includes(`[${label}]`)) return;
    screen.type(']');
    await settle(300);
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
    gantry('network', 'prune', '--force');
  } catch (error) {
    console.error(String(error));
  }
  rmSync(folder, { recursive: true, force: true });
}
