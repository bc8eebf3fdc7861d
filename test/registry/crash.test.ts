import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { OCTETS, pushImage, randomBlob, withQuery } from '../support/registry.js';
import { assertWhole, type RegistryProcess, startRegistryProcess } from '../support/registry-process.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const EMPTY = { headers: { 'Content-Length': 0 } };

/** Sends the beginning of a blob and keeps the request open; what breaks it is expected. */
function sendBeginning(location: string, bytes: Buffer): void {
  const asked = request(location, { method: 'PATCH', headers: OCTETS, agent: false });
  asked.on('error', () => undefined);
  asked.write(bytes);
}

test('a server that is killed in the middle of an upload leaves one that can go on', async (t) => {
  const folder = makeTemporaryFolder(t);
  const first = await startRegistryProcess(t, folder);
  await pushImage(first, 'whole');
  const { bytes, digest } = randomBlob(3_000_000);
  const started = await first.send('POST', '/v2/team/app/blobs/uploads/', EMPTY);
  const path = String(started.headers.location);
  sendBeginning(`${first.url}${path}`, bytes.subarray(0, 2_000_000));
  await waitUntil('some of it', async () => /0-(?!0$)/.test(String((await first.send('GET', path)).headers['range'])));
  first.kill('SIGKILL');
  await first.ended;

  const second = await startRegistryProcess(t, folder);
  assert.equal(await assertWhole(second), 1);
  assert.equal((await second.send('HEAD', `/v2/team/app/blobs/${digest}`)).status, 404);
  const { status, headers } = await second.send('GET', path);
  assert.equal(status, 204);
  const next = Number(String(headers['range']).split('-')[1]) + 1;
  assert.ok(next > 1 && next <= 2_000_000);
  const rest = { headers: { ...OCTETS, 'Content-Range': `${next}-2999999` }, body: bytes.subarray(next) };
  const done = await second.send('PUT', withQuery(path, `digest=${digest}`), rest);
  assert.equal(done.status, 201);
  assert.deepEqual((await second.send('GET', `/v2/team/app/blobs/${digest}`)).body, bytes);
  assert.deepEqual(readdirSync(join(folder, 'uploads')), []);
});

/** System calls that change the folder: of the registry's files, and of SQLite's. */
const CHANGES = 'link,unlink,unlinkat,rename,fsync,fdatasync,ftruncate,pwrite64,write';

test(
  'a server that is killed before any of its changes to the disk leaves whole content',
  requires('command:strace'),
  async (t) => {
    const folder = makeTemporaryFolder(t);
    let killed = 0;
    for (const at of [1, 3, 6, 10, 15, 21]) {
      const inject = `inject=link,unlink,fsync,fdatasync,ftruncate,pwrite64:signal=SIGKILL:when=${at}`;
      const tracer = ['strace', '-f', '-qqq', '-o', '/dev/null', '-e', `trace=${CHANGES}`, '-e', inject];
      const tag = `at-${at}`;
      const ended = await pushOnce(startRegistryProcess(t, folder, { tracer }), tag);
      if (ended === 'killed') killed++;
      const after = await startRegistryProcess(t, folder);
      await assertWhole(after);
      await pushImage(after, tag);
      assert.equal((await after.send('HEAD', `/v2/team/app/manifests/${tag}`)).status, 200);
      await after.stop();
    }
    assert.ok(killed >= 3, `it was killed ${killed} times`);
  },
);

async function pushOnce(starting: Promise<RegistryProcess>, tag: string): Promise<'killed' | 'whole'> {
  try {
    const registry = await starting;
    await pushImage(registry, tag);
    await registry.stop();
    return 'whole';
  } catch {
    // The connection broke, or the server did not come up: that is what the test is about.
    return 'killed';
  }
}
