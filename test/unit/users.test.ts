import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mapGivenRange, mapSubordinateIds, toHostId } from '../../src/engine/isolation/subordinate-ids.js';
import { resolveUser } from '../../src/engine/isolation/users.js';

const FILES = {
  passwd:
    'root:x:0:0:root:/root:/bin/sh\n# a comment\nweb:x:1000:100::/srv:\nbad:x:0x0:0::/:\n100:x:7:8::/odd:\n\nbroken\n',
  group: `root:x:0:\nusers:x:100:\nwheel:x:10:root,web\nlog:x:20:web\nlarge:x:30:${'someone,'.repeat(50_000)}web\n`,
};

const resolve = (user: string, groupAdd: readonly string[] = []) => resolveUser(user, groupAdd, FILES);

test('a user by name brings group, home and the groups it is a member of', () => {
  assert.deepEqual(resolve('web'), { uid: 1000, gid: 100, additionalGids: [100, 10, 20, 30], home: '/srv' });
});

test('nobody named is root', () => {
  assert.deepEqual(resolve(''), { uid: 0, gid: 0, additionalGids: [0, 10], home: '/root' });
});

test('a number need not be in passwd; one that is there brings the rest', () => {
  assert.deepEqual(resolve('4711'), { uid: 4711, gid: 0, additionalGids: [0], home: '/' });
  assert.deepEqual(resolve('1000'), resolve('web'));
});

test('a name of digits is a name before it is a number', () => {
  assert.equal(resolve('100').uid, 7);
});

test('a group that is named takes the place of all groups of the user', () => {
  assert.deepEqual(resolve('web:log'), { uid: 1000, gid: 20, additionalGids: [20], home: '/srv' });
  assert.deepEqual(resolve('web:77').additionalGids, [77]);
  assert.equal(resolve('1000:').gid, 100);
  assert.equal(resolve(':log').uid, 0);
});

test('added groups are names or numbers', () => {
  assert.deepEqual(resolve('4711:5', ['wheel', '99', '5']).additionalGids, [5, 10, 99]);
});

test('what is no plain number and no name in the files is refused', () => {
  const refuses = (text: string, message: RegExp | string, groupAdd: readonly string[] = []) =>
    assert.throws(() => resolve(text, groupAdd), { kind: 'invalid-argument', message });
  refuses('nobody', 'unable to find user nobody: no matching entries in passwd file');
  refuses('0x0', 'unable to find user 0x0: no matching entries in passwd file');
  refuses('bad', 'unable to find user bad: no matching entries in passwd file');
  refuses('+0', /unable to find user/);
  refuses(' 0', /unable to find user/);
  refuses('web:nogroup', 'unable to find group nogroup: no matching entries in group file');
  refuses('a:b:c', /use user\[:group\]/);
  refuses('2147483648', 'uids and gids must be in range 0-2147483647');
  refuses('0', 'Unable to find group nope', ['nope']);
});

test('subordinate ids of a user are put one behind the other', () => {
  const files = {
    subuid: 'other:1:5\ndockremap:100000:65536\n',
    subgid: 'dockremap:200000:65000\ndockremap:400000:1000\n',
  };
  const maps = mapSubordinateIds({ user: 'dockremap', group: 'dockremap' }, files);
  assert.deepEqual(maps.uids, [{ insideId: 0, outsideId: 100000, count: 65536 }]);
  assert.deepEqual(maps.gids, [
    { insideId: 0, outsideId: 200000, count: 65000 },
    { insideId: 65000, outsideId: 400000, count: 1000 },
  ]);
  assert.equal(toHostId(maps.gids, 65001), 400001);
  assert.equal(toHostId(maps.gids, 66000), undefined);
});

test('a user without enough subordinate ids is refused with what is missing', () => {
  assert.throws(
    () => mapSubordinateIds({ user: 'x', group: 'x' }, { subuid: '', subgid: '' }),
    /no subordinate ids for "x" in \/etc\/subuid/,
  );
  const short = { subuid: 'x:100000:1000', subgid: 'x:100000:65536' };
  assert.throws(
    () => mapSubordinateIds({ user: 'x', group: 'x' }, short),
    /"x" has 1000 ids in \/etc\/subuid: 65536 are needed/,
  );
});

test('a given range is one map for users and groups', () => {
  assert.deepEqual(mapGivenRange('300000:70000').gids, [{ insideId: 0, outsideId: 300000, count: 70000 }]);
  assert.equal(mapGivenRange('300000').uids[0]?.count, 65536);
  for (const text of ['0:65536', 'x', '5:0', '4294967295:2', '1:2:3']) {
    assert.throws(() => mapGivenRange(text), { kind: 'invalid-argument' }, text);
  }
});
