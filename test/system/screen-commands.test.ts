import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { requires } from '../support/requires.js';
import { startInTerminal } from '../support/terminal.js';

test(
  'a command of the user has keyboard and screen, ctrl-c is its own, and the mouse is given back and taken again',
  requires('root'),
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'gantry-commands-'));
    const commands = [
      {
        name: 'ask',
        context: 'networks',
        command: 'printf "of %s: " {{.Name}}; read -r x; echo "got <$x>"',
        run: 'foreground',
      },
      {
        name: 'wait',
        context: 'networks',
        command: 'trap "echo stopped; exit 5" INT; echo waiting; while :; do sleep 0.1; done',
        run: 'foreground',
      },
      { name: 'list', context: 'networks', command: 'echo one; echo two >&2; exit 4' },
    ];
    mkdirSync(join(folder, 'config', 'gantry'), { recursive: true });
    writeFileSync(join(folder, 'config', 'gantry', 'commands.json'), JSON.stringify(commands));
    const env = {
      GANTRY_ROOT: join(folder, 'root'),
      GANTRY_RUN_ROOT: join(folder, 'run'),
      XDG_CONFIG_HOME: join(folder, 'config'),
      HOME: folder,
    };
    const terminal = startInTerminal('./gantry', [], { columns: 100, rows: 30, env });
    try {
      await terminal.waitFor('No containers yet', 30_000);
      terminal.type('4X');
      await terminal.waitFor('Your commands');
      terminal.type('\r');
      await terminal.waitFor('of bridge: ', 10_000);
      assert.equal(terminal.xterm.buffer.active.type, 'normal');
      assert.equal(terminal.xterm.modes.mouseTrackingMode, 'none');
      terminal.type('hello you\r');
      await terminal.waitFor('got <hello you>');
      await terminal.waitFor('[exit 0: enter comes back]');
      terminal.type('\r');
      await terminal.waitFor('ask ended');
      assert.equal(terminal.xterm.buffer.active.type, 'alternate');
      assert.equal(terminal.xterm.modes.mouseTrackingMode, 'vt200');
      terminal.type('X');
      await terminal.waitFor('Your commands');
      terminal.type('j\r');
      await terminal.waitFor(/^waiting/m);
      terminal.type('\x03');
      await terminal.waitFor('stopped');
      await terminal.waitFor('[exit 5: enter comes back]');
      terminal.type('\r');
      await terminal.waitFor('wait ended with exit 5');
      terminal.type('X');
      await terminal.waitFor('Your commands');
      terminal.type('jj\r');
      await terminal.waitFor(/one[\s\S]*two/);
      await terminal.waitFor('list ended with exit 4');
      terminal.type('\r\x03');
      assert.equal((await terminal.exited).exitCode, 0);
    } finally {
      terminal.kill();
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
