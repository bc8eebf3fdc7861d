import assert from 'node:assert/strict';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startRole } from '../../src/platform/role-process.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

function makeScript(t: TestContext, lines: string): string {
  const path = join(makeTemporaryFolder(t), 'role');
  writeFileSync(path, `#!/bin/sh\n${lines}\n`);
  chmodSync(path, 0o755);
  return path;
}

test('many writes at once all go on when the process reads', async (t) => {
  const role = startRole(makeScript(t, 'read -r go; exec /usr/bin/wc -c'), []);
  let text = '';
  role.output.setEncoding('utf8').on('data', (part: string) => {
    text += part;
  });
  const writes = [
    role.write(Buffer.from('go\n')),
    ...Array.from({ length: 12 }, () => role.write(Buffer.alloc(1 << 20))),
  ];
  await Promise.all(writes);
  role.end();
  await role.done;
  assert.equal(Number(text), 12 << 20);
});

test('a role that fails says errno, target and message; writes to it end', async (t) => {
  const role = startRole(makeScript(t, 'echo "ENOSPC a/b: cannot write the file" >&2; exit 1'), []);
  await assert.rejects(role.done, {
    name: 'RoleFailure',
    errno: 'ENOSPC',
    target: 'a/b',
    message: 'cannot write the file',
  });
  await Promise.all(Array.from({ length: 12 }, () => role.write(Buffer.alloc(1 << 20))));
});

test('a role that cannot be started, or is killed, is a failure too', async (t) => {
  await assert.rejects(startRole('/nothing/here', []).done, { name: 'RoleFailure' });
  const role = startRole(makeScript(t, 'exec sleep 100'), []);
  role.kill();
  await assert.rejects(role.done, { message: 'ended with SIGKILL' });
});
