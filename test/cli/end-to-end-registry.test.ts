import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { assertNoContent } from '../support/check-state.js';
import { startDockerRegistry } from '../support/docker-registry.js';
import { answer, startFakeRegistry } from '../support/fake-registry.js';
import { openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';
import { makeTar } from '../support/tar-fixtures.js';

const needs = requires('root', 'overlay', 'command:docker-registry', 'command:busybox');

test('an image goes to a registry and comes back, with what Docker prints', needs, async (t) => {
  const { host } = await startDockerRegistry(t);
  const gantry = openGantry();
  t.after(() => gantry.close());
  const name = `${host}/team/bb`;
  await gantry.run(['image', 'embedded', 'busybox']);
  await gantry.run(['tag', 'busybox', `${name}:1`]);
  const pushed = await gantry.run(['push', `${name}:1`]);
  assert.equal(pushed.stderr, '');
  const digest = /^1: digest: (sha256:[0-9a-f]{64}) size: \d+$/m.exec(pushed.stdout)?.[1];
  assert.match(
    pushed.stdout,
    new RegExp(`^The push refers to repository \\[${name}\\]\n([0-9a-f]{12}): Preparing\n\\1: Pushed\n1: digest: `),
  );
  await gantry.run(['rmi', 'busybox', `${name}:1`]);
  assert.equal((await gantry.run(['images', '-q'])).stdout, '');

  const pulled = await gantry.run(['pull', `${name}:1`]);
  assert.equal(pulled.stderr, '');
  assert.match(
    pulled.stdout,
    new RegExp(
      `^1: Pulling from team/bb\n([0-9a-f]{12}): Pulling fs layer\n(\\1: [A-Z].*\n)*\\1: Pull complete\nDigest: ${digest}\nStatus: Downloaded newer image for ${name}:1\n${name}:1\n$`,
    ),
  );
  assert.equal((await gantry.run(['pull', '-q', `${name}@${digest}`])).stdout, `${name}@${digest}\n`);
  assert.match((await gantry.run(['pull', `${name}:1`])).stdout, /Status: Image is up to date for/);

  await gantry.run(['rmi', '-f', `${name}:1`]);
  const ran = await gantry.run(['run', '--rm', '--pull', 'missing', `${name}:1`, 'echo', 'it runs']);
  assert.equal(ran.stdout, 'it runs\n');
  assert.match(ran.stderr, new RegExp(`^Unable to find image '${name}:1' locally\n1: Pulling from team/bb\n`));
  const never = await gantry.run(['run', '--rm', '--pull', 'never', `${name}:2`]);
  assert.equal(never.code, 125);
  assert.match(never.stderr, new RegExp(`^gantry: No such image: ${name}:2\n`));
  const missing = await gantry.run(['pull', name]);
  assert.deepEqual(missing, {
    code: 1,
    stdout: 'Using default tag: latest\n',
    stderr: `gantry: manifest for ${name}:latest not found: manifest unknown: manifest unknown\n`,
  });

  await gantry.run(['tag', `${name}:1`, `${name}:2`]);
  assert.match(
    (await gantry.run(['push', '-a', name])).stdout,
    /: Layer already exists\n1: digest: [\s\S]*: Layer already exists\n2: digest: /,
  );
  await gantry.run(['rmi', '-f', `${name}:1`, `${name}:2`]);
  assert.match((await gantry.run(['pull', '-a', name])).stdout, /^1: Pulling from [\s\S]*\n2: Pulling from /);

  // On a terminal a layer is one line that changes.
  await gantry.run(['rmi', '-f', `${name}:1`, `${name}:2`]);
  const terminal = gantry.startInTerminal(['pull', `${name}:1`]);
  const screen = await terminal.waitFor('Status:', 60_000);
  assert.match(screen, /^1: Pulling from team\/bb\n[0-9a-f]{12}: Pull complete\nDigest: /);
  assert.equal((await terminal.exited).exitCode, 0);
});

test('a pull that the user interrupts ends at once and leaves nothing', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  registry.add('1', [makeTar([{ path: 'a', content: Buffer.alloc(100_000, 1) }])]);
  const gantry = openGantry();
  t.after(() => gantry.close());
  const pull = gantry.start(['pull', `${registry.host}/x:1`]);
  registry.hook = ({ path }, response) => {
    const bytes = registry.blobs.get(path.split('/').at(-1) ?? '');
    if (!path.includes('/blobs/') || bytes?.subarray(0, 2).toString('hex') !== '1f8b') return false;
    response.writeHead(200, { 'content-length': String(bytes.length) });
    response.write(bytes.subarray(0, 50), () => pull.kill('SIGINT'));
    return true;
  };
  const { code, stderr } = await pull.result;
  assert.equal(stderr, `gantry: the pull of ${registry.host}/x:1 was cancelled\n`);
  assert.equal(code, 1);
  assertNoContent(join(gantry.folder, 'root'));
});

test('a login in a terminal asks for name and password, and does not show it', needs, async (t) => {
  const registry = await startFakeRegistry(t);
  const secret = `Basic ${Buffer.from('ann:pass1').toString('base64')}`;
  registry.hook = ({ headers }, response) =>
    headers.authorization === secret ? false : answer(response, 401, { 'www-authenticate': 'Basic realm="r"' });
  const gantry = openGantry();
  t.after(() => gantry.close());
  const terminal = gantry.startInTerminal(['login', registry.host]);
  await terminal.waitFor('Username: ', 60_000);
  terminal.type('ann\r');
  await terminal.waitFor('Password: ', 60_000);
  terminal.type('pasx\u007fs1\r');
  const screen = await terminal.waitFor('Login Succeeded', 60_000);
  assert.doesNotMatch(screen, /pas/);
  assert.match(screen, /WARNING! Your credentials are stored unencrypted/);
  assert.equal((await terminal.exited).exitCode, 0);
  const file = join(gantry.folder, 'docker/config.json');
  assert.match(readFileSync(file, 'utf8'), /YW5uOnBhc3Mx/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
});
