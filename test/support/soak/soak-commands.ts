import assert from 'node:assert/strict';
import { waitUntil } from '../wait-until.js';
import { LINE_BYTES, type Life, printLines } from './soak-lives.js';

/** The same by commands, a process each; by name. How much of a log a command follows: a tenth of what the API does. */
export const COMMAND_LIVES: Readonly<Record<string, (life: Life) => Promise<void>>> = {
  'run --rm': async ({ world: { gantry }, name, network }) => {
    const options = ['--network', network, '--env', `NAME=${name}`, '--volume', '/data'];
    const said = await gantry.print('run', '--rm', '--name', name, ...options, 'busybox', 'sh', '-c', 'echo "$NAME"');
    assert.equal(said, name);
  },
  'run, logs, rm': async ({ world: { gantry }, name, logBytes, countLog }) => {
    const lines = Math.ceil(logBytes / 10 / LINE_BYTES);
    await gantry.print(
      'run',
      '--detach',
      '--network',
      'none',
      '--name',
      name,
      'busybox',
      'sh',
      '-c',
      printLines(lines),
    );
    const { code, stdout, stderr } = await gantry.run(['logs', '--follow', name]);
    assert.deepEqual([code, stdout.length], [0, lines * LINE_BYTES], `the log of ${name}: ${stderr}`);
    countLog(stdout.length);
    await gantry.print('rm', name);
  },
  'create, start, exec, stop, rm': async ({ world, name, network }) => {
    const { print } = world.gantry;
    const serve = ['busybox', 'nc', '-ll', '-p', '80', '-e', 'echo', name];
    const options = ['--name', name, '--network', network, '--publish', '80', '--volume', `${name}:/named`, '--init'];
    await print('create', ...options, 'busybox', ...serve);
    await print('start', name);
    const port = Number(/:(\d+)$/.exec(await print('port', name, '80/tcp'))?.[1]);
    await waitUntil(`${name} at its port`, async () => (await world.hear(port)) === `${name}\n`);
    assert.equal(await print('exec', name, 'sh', '-c', 'echo hi > /named/file; cat /named/file'), 'hi');
    await print('stop', name);
    await print('rm', name);
    await print('volume', 'rm', name);
  },
};
