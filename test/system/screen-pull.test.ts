import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertNoContent } from '../support/check-state.js';
import { startFakeRegistry } from '../support/fake-registry.js';
import { openGantry } from '../support/gantry.js';
import { startRegistryProcess } from '../support/registry-process.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const START_MS = 60_000;

test(
  'an image that another engine has pushed is pulled and run from the screen',
  requires('root', 'overlay', 'command:busybox'),
  async (t) => {
    const registry = await startRegistryProcess(t, makeTemporaryFolder(t));
    const name = `${new URL(registry.url).host}/team/box:1`;
    const [sender, gantry] = [openGantry(), openGantry()];
    t.after(() => Promise.all([sender.close(), gantry.close()]));
    for (const words of [
      ['image', 'embedded', 'busybox'],
      ['tag', 'busybox', name],
      ['push', name],
    ]) {
      assert.equal((await sender.run(words)).stderr, '');
    }
    const terminal = gantry.startInTerminal([]);
    t.after(() => terminal.kill());
    await terminal.waitFor('No containers yet', START_MS);
    terminal.type('2');
    await terminal.waitFor('built in');
    terminal.type('p');
    await terminal.waitFor('Pull an image');
    terminal.type(`${name}\r`);
    await terminal.waitFor('Pull complete', START_MS);
    await terminal.waitFor(`Status: Downloaded newer image for ${name}`, START_MS);
    const id = (await sender.run(['images', '--quiet', '--no-trunc', name])).stdout;
    assert.equal((await gantry.run(['images', '--quiet', '--no-trunc', name])).stdout, id);
    terminal.type('q');
    await terminal.waitFor(`▸${name}`, START_MS);
    terminal.type('\r');
    await terminal.waitFor('Run a container');
    terminal.type('pulled\tsleep 1000\r');
    await terminal.waitFor(/▸pulled +● up/, START_MS);
    terminal.type('@');
    await terminal.waitFor(`✓ gantry pull ${name}`);
    terminal.type('\x03');
    assert.equal((await terminal.exited).exitCode, 0);
  },
);

test(
  'a pull that is cancelled on the screen leaves nothing, and comes whole the next time',
  requires('root', 'overlay'),
  async (t) => {
    const registry = await startFakeRegistry(t);
    registry.add('1', [makeTar([{ path: 'a', content: Buffer.alloc(3_000_000, 1) }])]);
    const stalls = (path: string, bytes: Buffer | undefined): bytes is Buffer =>
      path.includes('/blobs/') && bytes?.subarray(0, 2).toString('hex') === '1f8b';
    let isStalling = true;
    registry.hook = ({ path }, response) => {
      const bytes = registry.blobs.get(path.split('/').at(-1) ?? '');
      if (!isStalling || !stalls(path, bytes)) return false;
      response.writeHead(200, { 'content-length': String(bytes.length) });
      response.write(bytes.subarray(0, Math.floor(bytes.length / 2)));
      return true;
    };
    const gantry = openGantry();
    t.after(() => gantry.close());
    const terminal = gantry.startInTerminal([]);
    t.after(() => terminal.kill());
    const name = `${registry.host}/x:1`;
    await terminal.waitFor('No containers yet', START_MS);
    terminal.type('2');
    await terminal.waitFor('built in');
    terminal.type('p');
    await terminal.waitFor('Pull an image');
    terminal.type(`${name}\r`);
    await terminal.waitFor(/Downloading +├━+─+┤/, START_MS);
    terminal.type('x');
    await terminal.waitFor(`the pull of ${name} was cancelled`, START_MS);
    assertNoContent(join(gantry.folder, 'root'));
    isStalling = false;
    terminal.type('r');
    await terminal.waitFor('Status: Downloaded newer image', START_MS);
    terminal.type('\x03');
    assert.equal((await terminal.exited).exitCode, 0);
  },
);
