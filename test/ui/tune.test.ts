import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { assertGolden } from '../support/golden.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

const MIB = 2 ** 20;
const START = Date.UTC(2026, 0, 2, 12, 0, 0);
const [RIGHT, LEFT, DOWN] = ['\x1b[C', '\x1b[D', '\x1b[B'];

async function tunedScreen(columns = 80, rows = 24): Promise<{ engine: FakeEngine; screen: UiScreen }> {
  const engine = new FakeEngine({ nowMs: () => START });
  await engine.add({
    name: '数据库',
    limits: {
      ...{ memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB, nanoCpus: 5e8, pidsMax: 100, cpusetCpus: '0' },
      deviceReadBps: [{ path: '/dev/vda', rate: 4 * MIB }],
    },
  });
  const screen = startUiScreen(engine, { columns, rows, now: () => START + 1000 });
  await screen.waitFor('数据库');
  screen.press('u');
  return { engine, screen };
}

for (const [columns, rows] of [
  [80, 24],
  [120, 40],
  [200, 60],
  [60, 16],
  [40, 10],
] as const) {
  test(`all limits with one that was moved at ${columns}x${rows} are the golden frame`, async () => {
    const { screen } = await tunedScreen(columns, rows);
    try {
      screen.press(DOWN, DOWN, DOWN, RIGHT);
      await screen.waitFor(/▸swap/);
      const text = `${(await screen.settle()).replaceAll(/\d\d:\d\d:\d\d/g, '00:00:00')}\n`;
      assertGolden(`tune-all-${columns}x${rows}.txt`, text);
    } finally {
      await screen.close();
    }
  });
}

test('each limit is reached, moved, applied and read back', async () => {
  const { engine, screen } = await tunedScreen();
  const limits = async () => (await engine.containers.inspect('数据库')).limits;
  try {
    await screen.waitFor(/▸memory/);
    screen.press(DOWN, RIGHT, '\r');
    await screen.waitFor(/cpus 0\.50 → 0\.55 applied/);
    screen.press(DOWN, '7', '\r');
    await screen.waitFor(/pids 100 → 7 applied/);
    screen.press(DOWN, '16m', '\r');
    await screen.waitFor(/memorySwap 128M → 80M applied/);
    screen.press(DOWN, RIGHT, '\r');
    await screen.waitFor(/memoryReservation max → 4M applied/);
    screen.press(DOWN, LEFT, '\r');
    await screen.waitFor(/cpuShares max → 896 applied/);
    screen.press(DOWN, '0-1', '\r');
    await screen.waitFor(/cpusetCpus 0 → 0-1 applied/);
    screen.press(DOWN, RIGHT, '\r');
    await screen.waitFor(/blkioWeight max → 510 applied/);
    screen.press(DOWN, LEFT, '\r');
    await screen.waitFor(/deviceReadBps \/dev\/vda:4194304 → \/dev\/vda:3670016 applied/);
    screen.press(DOWN, '/', '/dev/vda:1m', '\r');
    await screen.waitFor(/deviceWriteBps max → \/dev\/vda:1048576 applied/);
    assert.deepEqual(await limits(), {
      ...{ memoryBytes: 64 * MIB, memorySwapBytes: 80 * MIB, memoryReservationBytes: 4 * MIB, nanoCpus: 5.5e8 },
      ...{ pidsMax: 7, cpuShares: 896, cpusetCpus: '0-1', blkioWeight: 510 },
      deviceReadBps: [{ path: '/dev/vda', rate: 3.5 * MIB }],
      deviceWriteBps: [{ path: '/dev/vda', rate: MIB }],
    });
    screen.press('z', 'z', 'z');
    await screen.waitFor(/blkioWeight 510 → max applied/);
    screen.press('@');
    await screen.waitFor("gantry update --cpuset-cpus 0-1 '数据库'");
  } finally {
    await screen.close();
  }
});

test('less memory than is in use is asked about, with what will happen', async () => {
  const { engine, screen } = await tunedScreen();
  const memory = async () => (await engine.containers.inspect('数据库')).limits.memoryBytes;
  try {
    await screen.waitFor(/▸memory/);
    screen.press('8m', '\r');
    await screen.waitFor('Set memory of 数据库 to 8M, below what is in use?');
    await screen.waitFor('below what cannot be reclaimed');
    screen.press('n');
    await screen.waitFor(/^(?![\s\S]*below what is in use)[\s\S]*! OOM risk -56M/);
    await screen.settle();
    assert.equal(await memory(), 64 * MIB);
    screen.press('\r');
    await screen.waitFor('below what is in use?');
    screen.press('y');
    await screen.waitFor(/memory 64M → 8M applied/);
    assert.equal(await memory(), 8 * MIB);
  } finally {
    await screen.close();
  }
});

test('marks say what is used now and the most of the last minutes', async () => {
  const { screen } = await tunedScreen(120, 40);
  try {
    await screen.waitFor(/▸memory[\s\S]*▲ now \d+M/);
    screen.press('/', 'abc', '\r');
    await screen.waitFor('invalid memory "abc": use a number and b, k, m or g, or max');
    screen.press('m');
    await screen.waitFor(/64M → no limit/);
  } finally {
    await screen.close();
  }
});

test('a limit that is being typed when its container goes is not for the next one', async () => {
  const engine = new FakeEngine();
  for (const name of ['other', 'tuned']) await engine.add({ name });
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor(/▸tuned[\s\S]*other/);
    screen.press('u', 'L', '48m');
    await screen.waitFor('memory = 48m');
    await engine.containers.remove('tuned', { force: true });
    await screen.waitFor(/▸other/);
    await screen.waitFor(/^(?![\s\S]*memory =)/);
    screen.press('\r');
    await screen.settle();
    assert.equal(engine.containers.find('other').value.limits.memoryBytes, undefined);
  } finally {
    await screen.close();
  }
});
