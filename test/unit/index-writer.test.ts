import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { createIndexWriter } from '../../src/engine/layers/file-index/index-writer.js';
import { parseLayerIndex } from '../../src/engine/layers/file-index/layer-index.js';
import { readLayerEntries } from '../../src/engine/layers/layer-reader.js';
import { createFileDigests } from '../../src/platform/file-digest/file-digests.js';
import { TarReader } from '../../src/platform/tar/tar-reader.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

/** So many that the index is read in several pieces to be finished. */
const FILES = 8_000;

test('an index is settled before the digests of its files are there, and is none until it has them', async (t) => {
  const folder = makeTemporaryFolder(t);
  const [tarPath, path] = [join(folder, 'layer.tar'), join(folder, 'index')];
  // From the last to the first: they have to be sorted.
  const files = Array.from({ length: FILES }, (_, i) => ({
    path: `${'directory'.repeat(4)}/file-${String(FILES - i).padStart(5, '0')}`,
    content: `content ${i}`,
  }));
  const tar = makeTar([{ kind: 'directory', path: 'empty' }, ...files, { path: 'nothing', content: '' }]);
  writeFileSync(tarPath, tar);
  const digest = createFileDigests().start(tarPath);
  t.after(() => digest.close());
  const writer = createIndexWriter(path, digest);
  const reader = new TarReader(readLayerEntries(writer, false));
  reader.push(tar);
  reader.finish();
  const put: string[] = [];
  assert.ok(writer.settle((file) => put.push(file.path)));
  assert.equal(parseLayerIndex(readFileSync(path)), undefined);
  assert.deepEqual(readdirSync(folder).sort(), ['index', 'layer.tar']);
  digest.advance(tar.length);
  const { parts } = await digest.finish();
  writer.finish(parts);
  const index = parseLayerIndex(readFileSync(path));
  assert.ok(index !== undefined);
  assert.equal(index.count, put.length);
  const found = new Map<string, string | undefined>();
  for (let i = 0; i < index.count; i++) found.set(index.text(i), index.fingerprint(i)?.toString('hex'));
  for (const { path: name, content } of files) {
    const expected = createHash('sha256').update(content).digest('hex').slice(0, 32);
    assert.equal(found.get(name.slice(name.indexOf('/') + 1)), expected, name);
  }
  assert.deepEqual([found.get('empty'), found.get('nothing')], [undefined, undefined]);
});
