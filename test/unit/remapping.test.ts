import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRemapping } from '../../src/engine/isolation/remapping.js';
import { EngineError } from '../../src/model/errors.js';

const FILES: Readonly<Record<string, string>> = {
  '/etc/subuid': 'root:100000:65536\nweb:200000:65536\n',
  '/etc/subgid': 'root:110000:65536\nweb:210000:65536\nstaff:300000:65536\n',
};

function firstIds(setting: string | undefined, files = FILES): readonly (number | undefined)[] {
  const { uids, gids } = readRemapping(setting, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`${path}: ENOENT`);
    return text;
  });
  return [uids[0]?.outsideId, gids[0]?.outsideId];
}

/** Each setting with the first ids of users and of groups on the host. */
const SETTINGS: readonly (readonly [string | undefined, number, number])[] = [
  [undefined, 100_000, 110_000],
  ['default', 100_000, 110_000],
  ['web', 200_000, 210_000],
  ['web:staff', 200_000, 300_000],
  ['500000', 500_000, 500_000],
  ['500000:70000', 500_000, 500_000],
];

for (const [setting, uid, gid] of SETTINGS) {
  test(`--userns-remap ${setting ?? 'that is not given'} takes users from ${uid} and groups from ${gid}`, () => {
    assert.deepEqual(firstIds(setting), [uid, gid]);
  });
}

const NOT_A_SETTING = 'use default, a user of /etc/subuid, or FIRST[:COUNT] such as 100000:65536';
const NOT_A_RANGE = 'use FIRST or FIRST:COUNT, from 1 to 4294967294, such as 100000:65536';
const REFUSED: readonly (readonly [string, string])[] = [
  [' ', `invalid userns-remap " ": ${NOT_A_SETTING}`],
  ['-5', `invalid userns-remap "-5": ${NOT_A_SETTING}`],
  ['a:b:c', `invalid userns-remap "a:b:c": ${NOT_A_SETTING}`],
  ['web:', `invalid userns-remap "web:": ${NOT_A_SETTING}`],
  ['0', `invalid id range "0": ${NOT_A_RANGE}`],
  ['5:x', `invalid id range "5:x": ${NOT_A_RANGE}`],
  ['100000:0', `invalid id range "100000:0": ${NOT_A_RANGE}`],
  ['4294967295', `invalid id range "4294967295": ${NOT_A_RANGE}`],
  [
    'nosuch',
    'no subordinate ids for "nosuch" in /etc/subuid: add a line nosuch:100000:65536, or give a range such as --userns-remap 100000:65536',
  ],
];

for (const [setting, message] of REFUSED) {
  test(`--userns-remap "${setting}" is refused and says why`, () => {
    assert.throws(
      () => firstIds(setting),
      (error) => error instanceof EngineError && error.kind === 'invalid-argument' && error.message === message,
    );
  });
}

test('without the files a user has no ids, and a given range needs none', () => {
  assert.throws(() => firstIds('default', {}), /no subordinate ids for "root" in \/etc\/subuid/);
  assert.deepEqual(firstIds('100000', {}), [100_000, 100_000]);
});
