import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type Gantry, openGantry } from '../support/gantry.js';
import { requires } from '../support/requires.js';

const NEEDS = requires('root', 'overlay', 'command:busybox');

let gantry: Gantry;

before(() => {
  gantry = openGantry();
});

after(() => gantry.close());

/** Runs a command that must succeed, and gives what it prints. */
async function print(...words: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await gantry.run(words);
  assert.equal(code, 0, `${words.join(' ')}: ${stderr}`);
  return stdout;
}

test('cp goes both ways, diff tells what changed', NEEDS, async () => {
  await print('run', '-d', '--name', 'files', 'busybox', 'sleep', '1000');
  writeFileSync(join(gantry.folder, 'in.txt'), 'from the host\n', { mode: 0o640 });
  await print('cp', 'in.txt', 'files:/tmp/');
  assert.equal(
    await print('exec', 'files', 'sh', '-c', 'cat /tmp/in.txt; stat -c %a /tmp/in.txt'),
    'from the host\n640\n',
  );
  await print('exec', 'files', 'sh', '-c', 'mkdir -p /made/deep; echo inside > /made/deep/f; ln -s f /made/deep/link');
  await print('cp', 'files:/made', 'out');
  assert.equal(readFileSync(join(gantry.folder, 'out', 'deep', 'link'), 'utf8'), 'inside\n');
  assert.match(await print('diff', 'files'), /^A \/made\/deep\/f$/m);
  await print('rm', '-f', 'files');
});

test('commit and save make an image that load brings back', NEEDS, async () => {
  // More than is digested without a thread.
  const make = 'echo kept > /kept; head -c 40000000 /dev/zero > /large';
  await print('run', '--name', 'base', 'busybox', 'sh', '-c', make);
  await print('commit', '-c', 'CMD ["cat", "/kept"]', 'base', 'snap:1');
  await print('save', '-o', 'snap.tar', 'snap:1');
  await print('rm', 'base');
  await print('rmi', 'snap:1');
  assert.equal(await print('load', '-i', 'snap.tar'), 'Loaded image: snap:1\n');
  assert.equal(await print('run', '--rm', 'snap:1'), 'kept\n');
  assert.equal(await print('run', '--rm', 'snap:1', 'stat', '-c', '%s', '/large'), '40000000\n');
  await print('rmi', 'snap:1');
});
