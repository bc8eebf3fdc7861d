import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sweepImages } from '../../src/engine/images/sweep.js';
import { erofsDriver } from '../../src/engine/layers/drivers/erofs-driver.js';
import { overlayDriver } from '../../src/engine/layers/drivers/overlay-driver.js';
import { makeConfig, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { waitUntil } from '../support/wait-until.js';

const LOADER = fileURLToPath(new URL('../support/load-from-stdin.js', import.meta.url));

/** Bytes of an archive with two layers of 8 MB and many small ones. */
function makeArchive(): Buffer {
  const layers = Array.from({ length: 12 }, (_, i) =>
    makeTar([{ path: `file-${i}`, content: Buffer.alloc(i < 2 ? 8_000_000 : 20_000, i + 1) }]),
  );
  return makeDockerArchive(layers, ['demo:1'], makeConfig(layers));
}

function countFiles(folder: string): number {
  return readdirSync(folder).length;
}

for (const [name, driver] of [
  ['overlay2', overlayDriver],
  ['erofs', erofsDriver],
] as const) {
  const needs = name === 'erofs' ? requires('root', 'overlay', 'erofs') : requires('root', 'overlay');
  const startLoad = (root: string) => {
    const child = spawn(process.execPath, [LOADER, root, name], { stdio: ['pipe', 'pipe', 'inherit'] });
    child.stdin.on('error', () => undefined);
    const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
    return { child, ended };
  };
  /** What there is of images once the next engine has swept. */
  const sweep = async (t: TestContext, root: string): Promise<number> => {
    const { parts, layers, service } = openImages(t, root, { driver });
    // A worker of the dead process may finish its last write meanwhile; it has no parent to tell.
    sweepImages(parts);
    await layers.close();
    assert.equal(countFiles(join(root, 'ingest')), 0);
    assert.equal(countFiles(join(root, 'staging')), 0);
    const images = await service.list();
    assert.equal(countFiles(join(layers.places[0]?.root ?? '', 'layers')), images.length === 0 ? 0 : 12);
    return images.length;
  };

  test(
    `${name}: a load that is killed at any step leaves nothing that the next sweep does not take`,
    needs,
    async (t) => {
      const archive = makeArchive();
      const seen = new Set<string>();
      for (let at = 0; at <= 3; at++) {
        const root = makeTemporaryFolder(t);
        const { child, ended } = startLoad(root);
        // The loader says what it has done so far, a line a step; after the step it is killed.
        let steps = 0;
        child.stdout.setEncoding('utf8').on('data', (text: string) => {
          steps += text.split('\n').length - 1;
          if (steps > at * 6) child.kill('SIGKILL');
        });
        child.stdin.end(archive);
        await ended;
        seen.add(countFiles(join(root, 'ingest')) > 0 ? 'half' : 'whole');
        await sweep(t, root);
      }
      assert.ok(seen.has('half'), 'no load was caught in the middle');
    },
  );

  test(
    `${name}: so does one that is killed in the middle of its archive, and the next one loads it`,
    needs,
    async (t) => {
      const archive = makeArchive();
      const root = makeTemporaryFolder(t);
      for (const bytes of [4_000_000, 12_000_000]) {
        const { child, ended } = startLoad(root);
        child.stdin.write(archive.subarray(0, bytes));
        // As much of it as can be there: the rest of the tar's last part may be on its way.
        await waitUntil('the archive to be read', () => sumBytes(join(root, 'ingest')) > bytes - 2_000_000);
        assert.equal(countFiles(join(root, 'staging')) > 0, name === 'erofs', `${bytes}`);
        child.kill('SIGKILL');
        await ended;
        assert.equal(await sweep(t, root), 0);
      }
      const { child, ended } = startLoad(root);
      child.stdin.end(archive);
      child.stdout.resume();
      await ended;
      assert.equal(child.exitCode, 0);
      assert.equal(await sweep(t, root), 1);
    },
  );
}

function sumBytes(folder: string): number {
  const names = existsSync(folder) ? readdirSync(folder) : [];
  return names.reduce((sum, name) => sum + (statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0), 0);
}
