import { type TestContext, test } from 'node:test';
import { type FrameScreen, openFrameScreen } from '../support/frame-screen.js';

const [RIGHT, LEFT] = ['\x1b[C', '\x1b[D'];

async function open(t: TestContext, columns: number, rows: number): Promise<FrameScreen> {
  const screen = await openFrameScreen(columns, rows);
  t.after(() => screen.close());
  return screen;
}

test('the last line of the rights is reached on few rows, and one key leads back from it', async (t) => {
  const screen = await open(t, 40, 10);
  screen.press('S');
  await screen.waitFor(/1-5\/\d\d j k/);
  screen.press('G');
  const last = await screen.waitFor('ambient 0');
  const [, total = ''] = /-(\d+)\/\1/.exec(last) ?? [];
  screen.press('k');
  await screen.waitFor(`-${Number(total) - 1}/${total}`);
});

test('what is beside a narrow pane is reached with the arrows, and not further', async (t) => {
  const screen = await open(t, 40, 10);
  screen.press('t');
  await screen.waitFor('PPID');
  await screen.waitFor('left right');
  screen.press(...Array.from({ length: 30 }, () => RIGHT));
  await screen.waitFor(/COMMAND *│\n.*sleep/);
  screen.press(...Array.from({ length: 30 }, () => LEFT));
  await screen.waitFor('    PID    PPID');
});

for (const [name, keys, end] of [
  ['an image', ['2', 'h', '['], /:\/sbin:\/bin +│/],
  ['a volume', ['3', '\r'], /\/var\/lib\/pg +│/],
  ['a network', ['4', '\r'], /gateway 10\.9\.0\.1 +│/],
] as const) {
  test(`the details of ${name} are read to the ends of their lines at 40x10`, async (t) => {
    const screen = await open(t, 40, 10);
    screen.press(...keys, 'G', ...Array.from({ length: 30 }, () => RIGHT));
    await screen.waitFor(end);
  });
}

test('the pane of namespaces scrolls by itself, and leaves the details where they are', async (t) => {
  const screen = await open(t, 120, 40);
  screen.press('i');
  await screen.waitFor('"Id"');
  screen.press('N');
  await screen.waitFor(/Namespaces ─{40}[\s\S]* 1-4\/\d+ j k/);
  screen.press('G');
  await screen.waitFor(/cgroup[\s\S]*\d{10} (own|host)/);
  await screen.waitFor(/Namespaces ─{40}[\s\S]* \d\d-(\d\d)\/\1/);
  await screen.waitFor('"Id"');
});
