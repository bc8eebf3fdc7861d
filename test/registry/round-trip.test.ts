import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { makeDebianImage } from '../../bench/images/debian-image.js';
import { startDockerd } from '../../bench/peers/dockerd.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { unpackTestRoot } from '../support/test-image.js';
import { waitUntil } from '../support/wait-until.js';

const run = promisify(execFile);
const PLAIN_HTTP = ['--src-tls-verify=false', '--dest-tls-verify=false'];

/** Runs a program; its stdout, trimmed. */
async function ask(file: string, ...words: readonly string[]): Promise<string> {
  return (await run(file, words)).stdout.trim();
}

const needs = requires(
  ...(['root', 'overlay'] as const),
  ...(['umoci', 'skopeo', 'podman', 'dockerd', 'docker', 'docker-registry', 'busybox'] as const).map(
    (name) => `command:${name}` as const,
  ),
);

test('an image of three layers keeps its digest through every registry and client', needs, async (t) => {
  const layout = join(makeTemporaryFolder(t), 'layout');
  await makeSmallImage(t, `${layout}:debian`);
  await goRound(t, { layout, command: ['cat', '/srv/node_modules/chalk/license'], prints: /MIT License/ });
});

test('so does one of Debian', needs, async (t) => {
  if (process.env['GANTRY_TEST_BOOTSTRAP'] === undefined) {
    t.skip('takes minutes: set GANTRY_TEST_BOOTSTRAP');
    return;
  }
  const { layout } = makeDebianImage();
  await goRound(t, { layout, command: ['git', '--version'], prints: /^git version/ });
});

/** As makeDebianImage does it, with one static program for the system. */
async function makeSmallImage(t: TestContext, image: string): Promise<void> {
  const bundle = join(makeTemporaryFolder(t), 'bundle');
  const rootfs = join(bundle, 'rootfs');
  const addLayer = () => ask('umoci', 'repack', '--refresh-bundle', '--image', image, bundle);
  await ask('umoci', 'init', '--layout', image.replace(/:debian$/, ''));
  await ask('umoci', 'new', '--image', image);
  await ask('umoci', 'unpack', '--image', image, bundle);
  unpackTestRoot(rootfs);
  await addLayer();
  mkdirSync(join(rootfs, 'usr/lib/package'), { recursive: true });
  writeFileSync(join(rootfs, 'usr/lib/package/data'), Buffer.alloc(300_000, 'p'));
  await addLayer();
  cpSync('node_modules/chalk', join(rootfs, 'srv/node_modules/chalk'), { recursive: true });
  await addLayer();
}

interface Journey {
  /** An OCI layout with the image `debian`. */
  readonly layout: string;
  /** What runs in it, and what that prints. */
  readonly command: readonly string[];
  readonly prints: RegExp;
}

/** Debian's tools → docker-registry → gantry → `gantry registry serve` → skopeo, podman and docker. */
async function goRound(t: TestContext, { layout, command, prints }: Journey): Promise<void> {
  const source = `${(await startDockerRegistry(t)).host}/team/debian:1`;
  await ask('skopeo', 'copy', ...PLAIN_HTTP, `oci:${layout}:debian`, `docker://${source}`);
  const digest = await digestOf(source);

  const gantry = openGantry();
  t.after(gantry.close);
  const call = async (...words: readonly string[]) => {
    const { code, stdout, stderr } = await gantry.run(words);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await call('pull', '-q', source);
  assert.match(await call('image', 'inspect', '-f', '{{json .RepoDigests}}', source), new RegExp(digest));
  assert.match(await call('run', '--rm', '--network', 'none', source, ...command), prints);

  const served = `${await serve(t, gantry)}/team/debian:1`;
  await call('tag', source, served);
  await call('push', '-q', served);
  assert.equal(await digestOf(served), digest);
  await pullWithSkopeo(t, served);
  assert.equal(await pullWithPodman(t, served), digest);
  assert.equal(await pullWithDocker(t, served), digest);
}

function digestOf(reference: string): Promise<string> {
  return ask('skopeo', 'inspect', '--tls-verify=false', '-f', '{{.Digest}}', `docker://${reference}`);
}

/** HOST:PORT of `gantry registry serve` on a folder of its own. */
async function serve(t: TestContext, gantry: Gantry): Promise<string> {
  const folder = join(gantry.folder, 'served');
  const server = gantry.start(['registry', 'serve', '--listen', '127.0.0.1:0', '--folder', folder]);
  t.after(async () => {
    server.kill('SIGTERM');
    await server.result;
  });
  const url = await waitUntil('the registry', () => /listens on (\S+)/.exec(server.printed.stderr)?.[1]);
  return new URL(url).host;
}

/** Rejects where a blob is not what its digest says, or the manifest would have to change. */
async function pullWithSkopeo(t: TestContext, reference: string): Promise<void> {
  const folder = join(makeTemporaryFolder(t), 'copy');
  await ask('skopeo', 'copy', ...PLAIN_HTTP, '--preserve-digests', `docker://${reference}`, `dir:${folder}`);
}

async function pullWithPodman(t: TestContext, reference: string): Promise<string> {
  const folder = makeTemporaryFolder(t);
  const place = ['--root', join(folder, 'root'), '--runroot', join(folder, 'run'), '--storage-driver', 'vfs'];
  await ask('podman', ...place, 'pull', '-q', '--tls-verify=false', reference);
  return ask('podman', ...place, 'image', 'inspect', '-f', '{{.Digest}}', reference);
}

async function pullWithDocker(t: TestContext, reference: string): Promise<string> {
  const folder = makeTemporaryFolder(t);
  const dockerd = await startDockerd(folder, `gantry-round-trip-${process.pid}`);
  assert.ok(dockerd);
  try {
    const [docker, ...words] = dockerd.client;
    return /Digest: (\S+)/.exec(await ask(docker, ...words, 'pull', reference))?.[1] ?? 'none';
  } finally {
    await dockerd.close();
  }
}
