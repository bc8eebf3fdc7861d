import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatContainerStatus } from '../../src/model/container-status.js';
import { formatDuration, formatRoughDuration, parseDurationMs } from '../../src/model/durations.js';
import { formatBinaryBytes, formatBytesFlag, formatDecimalBytes, parseBytes } from '../../src/model/units.js';

test('sizes are read as docker reads them', () => {
  const sizes = {
    '64m': 67_108_864,
    '1.5g': 1_610_612_736,
    '10 m': 10_485_760,
    '1kib': 1024,
    '1KB': 1024,
    '4096': 4096,
  };
  for (const [text, bytes] of Object.entries(sizes)) {
    assert.equal(parseBytes(text), bytes, text);
  }
  assert.equal(parseBytes('.5g'), 536_870_912);
});

test('a text that is no size is refused with the words of docker', () => {
  assert.throws(() => parseBytes('64q'), { message: "invalid suffix: 'q'" });
  assert.throws(() => parseBytes('abc'), { message: "invalid size: 'abc'" });
  assert.throws(() => parseBytes(''), { message: "invalid size: ''" });
  assert.throws(() => parseBytes('-5'), { message: "invalid size: '-5'" });
  assert.throws(() => parseBytes('1eb'), { message: "invalid suffix: 'eb'" });
  assert.throws(() => parseBytes('1..5m'), { message: 'strconv.ParseFloat: parsing "1..5": invalid syntax' });
});

test('sizes are written with the significant digits of docker', () => {
  assert.equal(formatBinaryBytes(67_108_864), '64MiB');
  assert.equal(formatBinaryBytes(1_234_567_890), '1.15GiB');
  assert.equal(formatBinaryBytes(1023 * 1024), '1023KiB');
  assert.equal(formatDecimalBytes(4_270_000), '4.27MB');
  assert.equal(formatDecimalBytes(999_999), '1e+03kB');
  assert.equal(formatDecimalBytes(999_999, 4), '1000kB');
  assert.equal(formatDecimalBytes(0), '0B');
});

test('a size as a flag reads back to itself', () => {
  for (const bytes of [1, 5000, 1_572_864, 67_108_864, 2 * 1024 ** 3]) {
    assert.equal(parseBytes(formatBytesFlag(bytes)), bytes);
  }
  assert.equal(formatBytesFlag(67_108_864), '64m');
});

test('durations are read and written as Go does', () => {
  assert.equal(parseDurationMs('1h30m'), 5_400_000);
  assert.equal(parseDurationMs('1.5s'), 1500);
  assert.equal(parseDurationMs('-10ms'), -10);
  assert.throws(() => parseDurationMs('5'), { message: 'time: missing unit in duration "5"' });
  assert.throws(() => parseDurationMs('5x'), { message: 'time: unknown unit "x" in duration "5x"' });
  assert.throws(() => parseDurationMs(''), { message: 'time: invalid duration ""' });
  assert.equal(formatDuration(90_000), '1m30s');
  assert.equal(formatDuration(3_600_000), '1h0m0s');
  assert.equal(formatDuration(100), '100ms');
});

test('rough durations change their unit where docker does', () => {
  const rough: readonly [number, string][] = [
    [0.4, 'Less than a second'],
    [1, '1 second'],
    [59, '59 seconds'],
    [60, 'About a minute'],
    [3599, '59 minutes'],
    [3600, 'About an hour'],
    [5400, '2 hours'],
    [47 * 3600, '47 hours'],
    [48 * 3600, '2 days'],
    [14 * 86_400, '2 weeks'],
    [60 * 86_400, '2 months'],
    [730 * 86_400, '2 years'],
  ];
  for (const [seconds, text] of rough) {
    assert.equal(formatRoughDuration(seconds * 1000), text);
  }
});

test('the status names the state, how long, and the health', () => {
  const init = { pid: 1, startTicks: 1 };
  const nowMs = 1_000_000;
  const health = { status: 'starting' as const, failingStreak: 0, log: [] };
  assert.equal(formatContainerStatus({ status: 'created' }, nowMs), 'Created');
  assert.equal(
    formatContainerStatus({ status: 'running', init, startedAtMs: nowMs - 180_000, health }, nowMs),
    'Up 3 minutes (health: starting)',
  );
  assert.equal(
    formatContainerStatus({ status: 'paused', init, startedAtMs: nowMs - 5000 }, nowMs),
    'Up 5 seconds (Paused)',
  );
  const exited = {
    status: 'exited',
    exitCode: 3,
    startedAtMs: 1,
    finishedAtMs: nowMs - 1000,
    oomKilled: false,
  } as const;
  assert.equal(formatContainerStatus(exited, nowMs), 'Exited (3) 1 second ago');
});
