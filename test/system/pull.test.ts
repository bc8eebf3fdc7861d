import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { startDockerRegistry } from '../support/docker-registry.js';
import { collect, digestOf, makeConfig, makeDockerArchive, openImages } from '../support/image-fixtures.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';

const needs = requires('root', 'overlay', 'command:docker-registry', 'command:skopeo');
const LOWER = makeTar([{ path: 'a', content: 'lower' }]);
const UPPER = makeTar([{ path: 'b', content: 'upper!' }, { path: '.wh.a' }]);
const CONFIG = makeConfig([LOWER, UPPER, LOWER]);

/** A registry with the image `demo:1` of three layers, two of them the same, and what skopeo says of it. */
async function startWithImage(t: TestContext, options: readonly string[] = []) {
  const { host, folder } = await startDockerRegistry(t);
  const archive = join(makeTemporaryFolder(t), 'demo.tar');
  writeFileSync(archive, makeDockerArchive([LOWER, UPPER, LOWER], ['demo:1'], CONFIG));
  const name = `${host}/some/demo:1`;
  copyImage(`docker-archive:${archive}`, `docker://${name}`, options);
  return { host, folder, name, digest: inspectDigest(name) };
}

function copyImage(from: string, to: string, options: readonly string[] = []): void {
  execFileSync('skopeo', ['copy', '-q', '--src-tls-verify=false', '--dest-tls-verify=false', ...options, from, to]);
}

function inspectDigest(name: string): string {
  const format = ['--format', '{{.Digest}}', '--tls-verify=false'];
  return execFileSync('skopeo', ['inspect', ...format, `docker://${name}`], { encoding: 'utf8' }).trim();
}

test("an image is pulled from Debian's registry with its digests, layers and config", needs, async (t) => {
  for (const options of [
    ['--format', 'oci'],
    ['--format', 'v2s2'],
    ['--format', 'oci', '--dest-compress-format', 'zstd'],
  ]) {
    const { name, digest, host } = await startWithImage(t, options);
    const { service, layers, root, events } = openImages(t);
    const steps = await collect(service.pull(name));
    const image = await service.inspect(name);
    assert.equal(image.id, digestOf(CONFIG));
    assert.deepEqual(image.repoTags, [name]);
    assert.deepEqual(image.repoDigests, [`${host}/some/demo@${digest}`]);
    assert.equal((await service.inspect(`${host}/some/demo@${digest}`)).id, image.id);
    assert.equal(layers.list().length, 3);
    assert.deepEqual(steps[0], { phase: 'resolving', reference: '1', repository: 'some/demo' });
    assert.deepEqual(steps.at(-1), { phase: 'done', imageId: image.id, references: [name], digest, isNew: true });
    const phases = steps.map(({ phase }) => phase);
    assert.equal(phases.filter((phase) => phase === 'downloaded').length, 2, 'a layer that is there twice comes once');
    assert.equal(phases.filter((phase) => phase === 'complete').length, 3);
    assert.deepEqual(events, [{ type: 'image', action: 'pull', id: name, attributes: { name: `${host}/some/demo` } }]);
    // Config, manifest and two blobs; nothing else is left.
    assert.equal(readdirSync(join(root, 'blobs/sha256')).length, 4);
    assert.deepEqual(readdirSync(join(root, 'ingest')), []);
  }
});
