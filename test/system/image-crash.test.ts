import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sweepImages } from '../../src/engine/images/sweep.js';
import { makeConfig, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const LOADER = fileURLToPath(new URL('../support/load-from-stdin.js', import.meta.url));

/** Bytes of an archive with two layers of 8 MB and many small ones. */
function makeArchive(): Buffer {
  const layers = Array.from({ length: 12 }, (_, i) =>
    makeTar([{ path: `file-${i}`, content: Buffer.alloc(i < 2 ? 8_000_000 : 20_000, i + 1) }]),
  );
  return makeDockerArchive(layers, ['demo:1'], makeConfig(layers));
}

function countFiles(root: string, folder: string): number {
  return readdirSync(join(root, folder)).length;
}

test(
  'a load that is killed at any point leaves nothing that the next sweep does not take',
  requires('root', 'overlay'),
  async (t) => {
    const archive = makeArchive();
    const seen = new Set<string>();
    for (let at = 0; at <= 3; at++) {
      const root = makeTemporaryFolder(t);
      const child = spawn(process.execPath, [LOADER, root], { stdio: ['pipe', 'pipe', 'inherit'] });
      child.stdin.on('error', () => undefined);
      const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
      // The loader says what it has done so far, a line a step; after the step it is killed.
      let steps = 0;
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        steps += text.split('\n').length - 1;
        if (steps > at * 6) child.kill('SIGKILL');
      });
      child.stdin.end(archive);
      await ended;
      const { parts, service } = openImages(t, root);
      seen.add(countFiles(root, 'ingest') > 0 ? 'half' : 'whole');
      // A worker of the dead process may finish its last write meanwhile; it has no parent to tell.
      sweepImages(parts);
      await parts.layers.close();
      assert.equal(countFiles(root, 'ingest'), 0);
      assert.equal(countFiles(root, 'staging'), 0);
      const images = await service.list();
      assert.equal(countFiles(root, 'layers'), images.length === 0 ? 0 : 12, `after step ${at}`);
    }
    assert.ok(seen.has('half'), 'no load was caught in the middle');
  },
);
