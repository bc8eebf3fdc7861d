import assert from 'node:assert/strict';
import { test } from 'node:test';
import { applyLimitsPatch, type Limits } from '../../../src/model/limits.js';
import { FIELD_KINDS, LIMIT_FIELDS, type LimitField } from '../../../src/store/limit-fields.js';
import { parseLimitText } from '../../../src/store/limit-text.js';
import { formatUpdateCommand } from '../../../src/store/update-command.js';

const MIB = 2 ** 20;
const HOST = { memoryBytes: 8 * 2 ** 30, cpus: 4 };
const LIMITS: Limits = {
  ...{ memoryBytes: 64 * MIB, memorySwapBytes: 128 * MIB, nanoCpus: 1e9, pidsMax: 100 },
  ...{ memoryReservationBytes: 32 * MIB, cpuShares: 512, cpusetCpus: '0-1', blkioWeight: 300 },
  ...{ deviceReadBps: [{ path: '/dev/vda', rate: 2 ** 20 }], deviceWriteBps: [{ path: '/dev/vda', rate: 2 ** 22 }] },
};

function step(field: LimitField, direction: 1 | -1, limits: Limits = LIMITS) {
  return FIELD_KINDS[field].step(limits, { direction, size: 'one' }, HOST);
}

test('a step to the right and back is where it was, of every limit', () => {
  for (const field of LIMIT_FIELDS) {
    const there = step(field, 1);
    assert.ok(typeof there === 'object', `${field} ${String(there)}`);
    const moved = applyLimitsPatch(LIMITS, there);
    assert.ok(FIELD_KINDS[field].ratio(moved, HOST) > FIELD_KINDS[field].ratio(LIMITS, HOST), field);
    const back = step(field, -1, moved);
    assert.ok(typeof back === 'object');
    if (field === 'pids') assert.deepEqual(back, { pidsMax: 96 });
    else assert.deepEqual(applyLimitsPatch(moved, back), LIMITS, field);
  }
});

test('swap is told on top of memory, written as the sum, and needs a memory limit', () => {
  assert.equal(FIELD_KINDS.swap.format(LIMITS), '64M');
  assert.deepEqual(parseLimitText('swap', '0', LIMITS), { memorySwapBytes: 64 * MIB });
  assert.deepEqual(parseLimitText('swap', '16m', LIMITS), { memorySwapBytes: 80 * MIB });
  assert.deepEqual(parseLimitText('swap', 'max', LIMITS), { memorySwapBytes: 'unlimited' });
  assert.deepEqual(step('swap', -1, { memoryBytes: 64 * MIB, memorySwapBytes: 68 * MIB }), {
    memorySwapBytes: 64 * MIB,
  });
  assert.match(String(parseLimitText('swap', '16m', {})), /set that first/);
});

test('a list of CPUs is typed, or grows and shrinks by one; all of them are no limit', () => {
  assert.deepEqual(parseLimitText('cpuset', '0,2-3', {}), { cpusetCpus: '0,2-3' });
  assert.match(String(parseLimitText('cpuset', '0-', {})), /invalid cpuset "0-": use/);
  assert.deepEqual(step('cpuset', -1, {}), { cpusetCpus: '0-2' });
  assert.deepEqual(step('cpuset', -1, { cpusetCpus: '0-1' }), { cpusetCpus: '0' });
  assert.deepEqual(step('cpuset', 1, { cpusetCpus: '0-2' }), { cpusetCpus: null });
});

test('a rate belongs to the device that is typed, or to one that is known', () => {
  assert.match(String(step('read', 1, {})), /no device is known/);
  assert.deepEqual(parseLimitText('read', '/dev/SDa:10m', {}), {
    deviceReadBps: [{ path: '/dev/SDa', rate: 10 * MIB }],
  });
  assert.deepEqual(parseLimitText('write', '5m', LIMITS), { deviceWriteBps: [{ path: '/dev/vda', rate: 5 * MIB }] });
  assert.match(String(parseLimitText('write', '/dev/vda:fast', LIMITS)), /invalid write "fast"/);
});

test('the command line makes the same change', () => {
  const line = formatUpdateCommand('web', {
    ...{ memoryBytes: 64 * MIB, memorySwapBytes: 'unlimited', memoryReservationBytes: null, nanoCpus: 1.5e9 },
    ...{ cpuShares: 512, cpusetCpus: '0-1', pidsMax: null, blkioWeight: 300 },
  });
  const flags = '--memory 64m --memory-swap -1 --memory-reservation 0 --cpus 1.5 --cpu-shares 512 --cpuset-cpus 0-1';
  assert.equal(line, `gantry update ${flags} --pids-limit -1 --blkio-weight 300 web`);
  assert.equal(formatUpdateCommand('web', { cpusetCpus: null }), "gantry update --cpuset-cpus '' web");
  const rates = { deviceReadBps: [{ path: '/dev/vda', rate: MIB }] };
  assert.match(formatUpdateCommand('web', rates), /^gantry update web {2}# --device-read-bps \/dev\/vda:1m, which/);
});
