import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { STDERR, STDIN, STDOUT } from '../support/attach-client.js';
import { startMonitor } from '../support/monitor-process.js';
import { requires } from '../support/requires.js';

const SETTINGS = [
  ['clone', 'pid', 'mnt'],
  ['terminal', 81, 25],
  ['stdin', 'open'],
] as const;

test(
  'the program has a terminal of the given size, and sees it change',
  requires('root', 'command:stty'),
  async (t) => {
    const command = ['sh', '-c', "trap 'stty size' WINCH; stty size; while :; do read line; done"];
    const monitor = startMonitor(t, { command, settings: SETTINGS, firstClient: STDOUT | STDIN });
    await monitor.firstClient?.waitForOutput('25 81');
    monitor.firstClient?.send(5, Buffer.from([0, 132, 0, 43]));
    await monitor.firstClient?.waitForOutput('43 132');
  },
);

test('everything a terminal shows is stream 1, with the line ends of a terminal', requires('root'), async (t) => {
  const command = ['sh', '-c', 'echo out; echo err >&2; test -t 0 && test -t 1 && test -t 2 && echo terminal'];
  const monitor = startMonitor(t, { command, settings: SETTINGS, firstClient: STDOUT | STDERR });
  assert.equal((await monitor.firstClient?.waitForExit())?.['exitCode'], 0);
  assert.equal(monitor.firstClient?.output(1).toString(), 'out\r\nerr\r\nterminal\r\n');
  assert.equal(monitor.firstClient?.output(2).length, 0);
  await monitor.waitForEnd();
  assert.match(readFileSync(join(monitor.folder, 'log'), 'utf8'), /^\{"log":"out\\r\\n","stream":"stdout"/);
});

test('what is typed reaches the program, and the end-of-file character ends it', requires('root'), async (t) => {
  const monitor = startMonitor(t, { command: ['cat'], settings: SETTINGS, firstClient: STDOUT | STDIN });
  monitor.firstClient?.send(0, 'typed\r');
  await monitor.firstClient?.waitForOutput('typed\r\ntyped\r\n');
  monitor.firstClient?.send(0, '\x04');
  assert.equal((await monitor.firstClient?.waitForExit())?.['exitCode'], 0);
});

test('the interrupt character is a signal for the program', requires('root'), async (t) => {
  const command = ['sh', '-c', "trap 'echo interrupted; exit 9' INT; echo ready; while :; do sleep 0.05; done"];
  const monitor = startMonitor(t, { command, settings: SETTINGS, firstClient: STDOUT | STDIN });
  await monitor.firstClient?.waitForOutput('ready');
  monitor.firstClient?.send(0, '\x03');
  assert.equal((await monitor.firstClient?.waitForExit())?.['exitCode'], 9);
});
