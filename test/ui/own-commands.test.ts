import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { HostPrograms } from '../../src/ui/host-programs.js';
import { FakeEngine } from '../support/fake-engine.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

interface Opened {
  readonly screen: UiScreen;
  /** What was started, with how. */
  readonly started: string[];
}

async function openScreen(t: TestContext, commands: unknown, programs: Partial<HostPrograms> = {}): Promise<Opened> {
  const config = makeTemporaryFolder(t);
  mkdirSync(join(config, 'gantry'));
  writeFileSync(join(config, 'gantry', 'commands.json'), JSON.stringify(commands));
  const engine = new FakeEngine();
  const tcp = (hostPort: number, containerPort: number) => ({ hostPort, containerPort, protocol: 'tcp' }) as const;
  await engine.add({ name: 'lone' });
  await engine.add({ name: 'web', ports: [tcp(8080, 80), { ...tcp(8443, 443), hostIp: '127.0.0.1' }] });
  const started: string[] = [];
  const screen = startUiScreen(engine, {
    columns: 100,
    rows: 30,
    env: { TERM: 'xterm-256color', XDG_CONFIG_HOME: config },
    programs: {
      openUrl: (url) => Promise.resolve(started.push(`open ${url}`) > 0),
      run: (line, onLine) => {
        started.push(`run ${line}`);
        onLine('first line');
        onLine('second line');
        return Promise.resolve(3);
      },
      runInTerminal: (line) => Promise.resolve(started.push(`terminal ${line}`) - started.length),
      ...programs,
    },
  });
  t.after(() => screen.close());
  await screen.waitFor('▸web');
  return { screen, started };
}

test('X runs a command of the user behind the screen and shows its output', async (t) => {
  const { screen, started } = await openScreen(t, [
    { name: 'look', context: 'containers', command: 'look {{.Name}}' },
    { name: 'other', context: 'images', command: 'x' },
  ]);
  screen.press('X');
  const menu = await screen.waitFor(/look +look web/);
  assert.doesNotMatch(menu, /other/);
  screen.press('\r');
  await screen.waitFor(/look +[│ ]*[\s\S]*first line[\s\S]*second line[\s\S]*closes/);
  await screen.waitFor('look ended with exit 3');
  screen.press('\r', '@');
  await screen.waitFor(/✗ look web \d+ ms exit 3/);
  assert.deepEqual(started, ['run look web']);
});

test('a command in the foreground has the terminal, and the screen is there again after it', async (t) => {
  let during = '';
  const { screen } = await openScreen(
    t,
    [{ name: 'top', context: 'containers', command: 'top {{.Image}}', run: 'foreground' }],
    {
      runInTerminal: async () => {
        await screen.text();
        during = screen.xterm.buffer.active.type;
        return 0;
      },
    },
  );
  screen.press('X');
  await screen.waitFor('top busybox');
  screen.press('\r');
  await screen.waitFor('top ended');
  assert.equal(during, 'normal');
  assert.equal(screen.xterm.buffer.active.type, 'alternate');
});

test('without commands for a list that is said, and a file that cannot be used is named', async (t) => {
  const { screen } = await openScreen(t, []);
  screen.press('X');
  await screen.waitFor('no commands of your own for containers');
  const { screen: broken } = await openScreen(t, [{ name: 'a', context: 'volumes', command: '{{.ID}}' }]).catch(() =>
    assert.fail('the screen did not open'),
  );
  await broken.waitFor(/commands\.json is not used/);
  await broken.waitFor('{{.Mountpoint}}');
});

test('U opens a published port, chosen from a menu where there are several', async (t) => {
  const { screen, started } = await openScreen(t, []);
  screen.press('U');
  await screen.waitFor(/▸ http:\/\/localhost:8080[\s\S]* https:\/\/127\.0\.0\.1:8443/);
  screen.press('j', '\r');
  await screen.waitFor('https://127.0.0.1:8443 is opened');
  assert.deepEqual(started, ['open https://127.0.0.1:8443']);
  screen.press('j', 'U');
  await screen.waitFor('lone publishes no TCP port');
});

test('where there is no browser the address of a port is copied', async (t) => {
  const { screen } = await openScreen(t, [], { openUrl: () => Promise.resolve(false) });
  const copied: string[] = [];
  screen.xterm.parser.registerOscHandler(52, (data) => {
    copied.push(Buffer.from(data.slice(2), 'base64').toString());
    return true;
  });
  screen.press('U');
  await screen.waitFor('Open a port of web');
  screen.press('\r');
  await screen.waitFor('http://localhost:8080 is copied: there is no browser here');
  assert.deepEqual(copied, ['http://localhost:8080']);
});

test('a command has the number of the first process of what runs', async (t) => {
  const { screen, started } = await openScreen(t, [
    { name: 'trace', context: 'containers', command: 'trace -p {{.Pid}}' },
  ]);
  screen.press('X');
  await screen.waitFor(/trace -p \d+/);
  screen.press('\r');
  await screen.waitFor('trace ended with exit 3');
  assert.match(started.join(), /^run trace -p [1-9]\d*$/);
});
