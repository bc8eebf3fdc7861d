import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CheckOptions, CheckStep } from '../../src/model/finding.js';
import type { Digest } from '../../src/model/ids.js';
import { FakeEngine } from '../support/fake-engine.js';
import { runCommand } from '../support/run-command.js';

const COUNTS = {
  rows: 9,
  blobs: 2,
  hashedBytes: 2_130_000,
  layers: 1,
  comparedLayers: 1,
  images: 1,
  containers: 0,
  volumes: 3,
};
const DIGEST = `sha256:${'a'.repeat(64)}` as Digest;
const STRAY = { kind: 'stray', path: '/r/layers/x' } as const;

/** `gantry system check WORD…` of an engine that finds this. */
async function check(found: readonly CheckStep[], words: readonly string[] = []) {
  const engine = new FakeEngine();
  const asked: CheckOptions[] = [];
  const system = {
    ...engine.system,
    async *check(options: CheckOptions = {}) {
      asked.push(options);
      yield* await Promise.resolve(found);
    },
  };
  const result = await runCommand(Object.assign(engine, { system }), ['system', 'check', ...words]);
  return { ...result, asked: asked[0] };
}

const done = (left: number, mended = 0): CheckStep => ({ kind: 'done', counts: COUNTS, left, mended });
const SUMMARY = 'checked 9 rows, 2 blobs (2.13MB read), 1 layer (1 compared), 1 image, 0 containers, 3 volumes\n';

test('a whole state is told with how much was looked at, and gives 0', async () => {
  const { code, stdout, asked } = await check([{ kind: 'room', room: 'content' }, done(0)]);
  assert.deepEqual([code, stdout], [0, `${SUMMARY}whole\n`]);
  assert.deepEqual([asked?.quick, asked?.repair], [false, false]);
});

test('each finding says what it means, and gives 1', async () => {
  const finding = { kind: 'blob-unused', digest: DIGEST, sizeBytes: 1_500 } as const;
  const { code, stdout } = await check([{ kind: 'finding', finding }, done(1)], ['--quick']);
  const text = `blob ${DIGEST} (1.5kB) is used by no image\n  it takes room and nothing else\n`;
  assert.deepEqual([code, stdout], [1, `${text}${SUMMARY}damaged: 1 finding left\n`]);
});

test('with --repair each finding says what was done, and 0 means that all was mended', async () => {
  const mended = { kind: 'finding', finding: STRAY, repair: { outcome: 'mended', action: 'removed it' } } as const;
  const left = { kind: 'finding', finding: STRAY, repair: { outcome: 'left', reason: 'in use' } } as const;
  const whole = await check([mended, done(0, 1)], ['--repair']);
  assert.equal(whole.code, 0);
  assert.match(whole.stdout, /is a stray\n {2}nothing knows it.*\n {2}mended: removed it\n.*\nwhole, 1 mended\n$/);
  const { code, stdout } = await check([mended, left, done(1, 1)], ['--repair']);
  assert.equal(code, 1);
  assert.match(stdout, /\n {2}left: in use\nchecked .*\ndamaged: 1 finding left, 1 mended\n$/);
});

test('as JSON it is a line for each finding and one for the end', async () => {
  const { code, stdout } = await check([{ kind: 'finding', finding: STRAY }, done(1)], ['--format', 'json']);
  const [first, last] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  assert.equal(code, 1);
  assert.deepEqual([first.Kind, first.Details], ['stray', { path: '/r/layers/x' }]);
  assert.deepEqual([last.Kind, last.Whole, last.Checked.blobs], ['done', false, 2]);
  assert.equal((await check([], ['--format', 'yaml'])).code, 125);
});
