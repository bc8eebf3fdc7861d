import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { FakeEngine } from '../support/fake-engine.js';
import { digestOf } from '../support/fake-images.js';
import { expectTransfer } from '../support/fake-transfers.js';
import { type FrameScreen, openEmptyScreen, openFrameScreen } from '../support/frame-screen.js';
import { assertGolden } from '../support/golden.js';
import { waitUntil } from '../support/wait-until.js';

interface Pane {
  /** The keys that bring it to the front, each pressed when the screen has come to rest. */
  readonly keys: readonly string[];
  prepare?(engine: FakeEngine): Promise<void> | void;
}

const PANES: Readonly<Record<string, Pane>> = {
  containers: { keys: [] },
  stats: { keys: ['5'] },
  compared: { keys: [' ', ' ', '5', '.'] },
  logs: { keys: ['l'] },
  tune: { keys: ['u'] },
  network: { keys: ['n'] },
  namespaces: { keys: ['N'] },
  security: { keys: ['S'] },
  top: { keys: ['t'] },
  'container-layers': { keys: ['i', '['] },
  inspect: { keys: ['i'] },
  changes: { keys: ['y'] },
  shell: { keys: ['e', 'echo 数据库 is up\r'] },
  projects: { keys: ['F', 'g'], prepare: addProject },
  project: { keys: ['F', 'g', 'i'], prepare: addProject },
  images: { keys: ['2'] },
  layers: { keys: ['2', 'y'] },
  files: { keys: ['2', 'y', '\t'] },
  wasted: { keys: ['2', 'y', '\t', 'W'] },
  image: { keys: ['2', 'h', '['] },
  history: { keys: ['2', 'h'] },
  'image-users': { keys: ['2', 'w'] },
  'image-inspect': { keys: ['2', 'i'] },
  volumes: { keys: ['3'] },
  volume: { keys: ['3', '\r'] },
  'volume-files': { keys: ['3', 'y'] },
  networks: { keys: ['4'] },
  'network-details': { keys: ['4', '\r'] },
  traffic: { keys: ['4', 't'] },
  'network-inspect': { keys: ['4', 'i'] },
  help: { keys: ['?'] },
  palette: { keys: [':'] },
  'run-form': { keys: ['R'] },
  'pull-form': { keys: ['2', 'p'] },
  'network-form': { keys: ['4', 'n'] },
  question: { keys: ['D'] },
  menu: { keys: ['K'] },
  columns: { keys: ['C'] },
  events: { keys: ['V'] },
  event: { keys: ['V', '\r'] },
  commands: { keys: ['p', 'p', '@'] },
  filter: { keys: ['/', 'w'] },
  transfer: { keys: ['2', 'p', 'registry.test:5000/team/app:1', '\r'], prepare: preparePull },
  transfers: { keys: ['2', 'p', 'registry.test:5000/team/app:1', '\r', '\x1b', 'T'], prepare: preparePull },
  empty: { keys: [] },
};

const SIZES: readonly (readonly [columns: number, rows: number])[] = [
  [80, 24],
  [120, 40],
  [200, 60],
  [60, 16],
  [40, 10],
];

async function addProject(engine: FakeEngine): Promise<void> {
  for (const service of ['web', 'db']) {
    const labels = { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service };
    await engine.add({ name: `shop-${service}-1`, labels });
  }
}

function preparePull({ images }: FakeEngine): void {
  const { step } = expectTransfer(images.transfers, 'pull', 'registry.test:5000/team/app:1');
  const [base, code] = [digestOf('base'), digestOf('code')];
  step({ phase: 'exists', digest: base });
  step({ phase: 'downloading', digest: code, doneBytes: 2 ** 20, totalBytes: 2 ** 22 });
}

/** The sizes come by resizing, which leaves nothing of the one before. */
async function open(name: string, env = {}): Promise<FrameScreen> {
  const { keys, prepare } = PANES[name] ?? { keys: [] };
  const openScreen = name === 'empty' ? openEmptyScreen : openFrameScreen;
  const screen = await openScreen(80, 24, { env, ...(prepare && { prepare }) });
  for (const key of keys) {
    if (key === '@') stopWatches(screen);
    screen.press(key);
    if (keys.length > 1) await screen.settle();
  }
  return screen;
}

/** How long a command took is another figure at every run. */
function stopWatches({ workspace: { commands, view } }: FrameScreen): void {
  commands.setState((state) => ({ commands: state.commands.map((each) => ({ ...each, durationMs: 1 })) }));
  view.setState({ status: undefined });
}

/** The frame at another size, once the screen has taken it. */
async function resize(screen: FrameScreen, [width, height]: (typeof SIZES)[number]): Promise<string> {
  screen.resize(width, height);
  await waitUntil('the layout', () => isDeepStrictEqual(screen.workspace.view.getState().screen, { width, height }));
  let text = await screen.settle();
  // What another size shows is read then.
  for (let tries = 0; tries < 40 && text.includes('reading …'); tries++) text = await screen.settle();
  return still(text);
}

const still = (text: string) => `${text.replaceAll(/\d\d:\d\d:\d\d/g, '00:00:00')}\n`;

/** Which cells of a frame have which look, row by row: `12-18 ink 75 bold`. */
function describeLooks({ xterm }: FrameScreen): string {
  const rows = Array.from({ length: xterm.rows }, (_, y) => {
    const looks = Array.from({ length: xterm.cols }, (_cell, x) => lookAt(xterm, x, y));
    const starts = looks.flatMap((look, x) => (look === looks[x - 1] ? [] : [x]));
    const runs = starts.map((from, i) => `${from}-${(starts[i + 1] ?? xterm.cols) - 1} ${looks[from]}`);
    return `${y}: ${runs.filter((run) => !run.endsWith(' ')).join(', ')}`;
  });
  return `${rows.join('\n')}\n`;
}

function lookAt(xterm: FrameScreen['xterm'], x: number, y: number): string {
  const cell = xterm.buffer.active.getLine(y)?.getCell(x);
  const parts = [
    cell?.isFgPalette() ? `ink ${cell.getFgColor()}` : '',
    cell?.isBgPalette() ? `ground ${cell.getBgColor()}` : '',
    cell?.isBold() ? 'bold' : '',
    cell?.isInverse() ? 'inverse' : '',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

// Most of the time they wait for the screen to come to rest.
describe('frames', { concurrency: 8 }, () => {
  for (const name of Object.keys(PANES)) {
    test(`the frames of ${name} at five sizes are the golden ones, with their colours`, async () => {
      const screen = await open(name);
      try {
        for (const size of SIZES) {
          const frame = `${name}-${size.join('x')}`;
          assertGolden(join('frames', `${frame}.txt`), await resize(screen, size));
          assertGolden(join('frames', `${frame}.colours`), describeLooks(screen));
        }
      } finally {
        await screen.close();
      }
    });

    test(`without colour the frames of ${name} have the same characters`, async () => {
      const screen = await open(name, { NO_COLOR: '1' });
      try {
        for (const size of SIZES) {
          assertGolden(join('frames', `${name}-${size.join('x')}.txt`), await resize(screen, size));
          assert.doesNotMatch(describeLooks(screen), /ink|ground/);
        }
      } finally {
        await screen.close();
      }
    });
  }
});
