import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { type FrameScreen, openFrameScreen } from '../support/frame-screen.js';
import { assertGolden } from '../support/golden.js';

/** The keys that bring a pane to the front. */
const PANES = {
  containers: [],
  stats: ['5'],
  logs: ['l'],
  tune: ['u'],
  network: ['n'],
  namespaces: ['N'],
  security: ['S'],
  top: ['t'],
  inspect: ['i'],
  changes: ['y'],
  layers: ['2', 'y'],
  image: ['2', 'h', '['],
  history: ['2', 'h'],
  volume: ['3', '\r'],
  'volume-files': ['3', 'y'],
  'network-details': ['4', '\r'],
  traffic: ['4', 't'],
  help: ['?'],
  palette: [':'],
  'run-form': ['R'],
} as const;

const SIZES = [
  [80, 24],
  [120, 40],
  [200, 60],
  [60, 16],
  [40, 10],
] as const;

async function open(pane: keyof typeof PANES, size: readonly [number, number], env = {}): Promise<FrameScreen> {
  const screen = await openFrameScreen(...size, env);
  screen.press(...PANES[pane]);
  return screen;
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
  for (const pane of Object.keys(PANES) as (keyof typeof PANES)[]) {
    for (const size of SIZES) {
      const name = `${pane}-${size.join('x')}`;
      test(`the frame of ${name} is the golden one`, async () => {
        const screen = await open(pane, size);
        try {
          assertGolden(join('frames', `${name}.txt`), still(await screen.settle()));
          if (size[0] === 80 || size[0] === 120) assertGolden(join('frames', `${name}.colours`), describeLooks(screen));
        } finally {
          await screen.close();
        }
      });
    }

    test(`without colour the frame of ${pane} has the same characters`, async () => {
      const screen = await open(pane, SIZES[0], { NO_COLOR: '1' });
      try {
        assertGolden(join('frames', `${pane}-80x24.txt`), still(await screen.settle()));
        assert.doesNotMatch(describeLooks(screen), /ink|ground/);
      } finally {
        await screen.close();
      }
    });
  }
});
