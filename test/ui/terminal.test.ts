import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { startInTerminal, type TerminalProgram } from '../support/terminal.js';
import { waitUntil } from '../support/wait-until.js';

const startDemo = (containers: number): TerminalProgram =>
  startInTerminal(process.execPath, ['dist/test/support/ui-demo.js', String(containers)], { columns: 100, rows: 30 });

test('a shell has the whole screen, and the list is there again after it', async () => {
  const terminal = startDemo(1);
  try {
    await terminal.waitFor('web', 20_000);
    terminal.type('E');
    await terminal.waitFor('ctrl-p ctrl-q ends it and comes back');
    assert.equal(terminal.xterm.buffer.active.type, 'normal');
    assert.equal(terminal.xterm.modes.mouseTrackingMode, 'none');
    terminal.type('echo from the shell\r');
    await terminal.waitFor(/^from the shell/m);
    terminal.type('exit\r');
    await terminal.waitFor('shell in web ended');
    assert.equal(terminal.xterm.buffer.active.type, 'alternate');
    assert.equal(terminal.xterm.modes.mouseTrackingMode, 'vt200');
    await terminal.waitFor('[Stats]');
    terminal.type('E');
    await terminal.waitFor(/comes back/);
    terminal.type('\x10\x11');
    await terminal.waitFor('shell in web detached');
  } finally {
    terminal.kill();
  }
});

for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
  test(`${signal} ends it with the terminal as it was`, async () => {
    const terminal = startDemo(1);
    try {
      await terminal.waitFor('web', 20_000);
      process.kill(terminal.pid, signal);
      await terminal.exited;
      await terminal.waitFor('');
      assert.equal(terminal.xterm.buffer.active.type, 'normal');
      assert.equal(terminal.xterm.modes.mouseTrackingMode, 'none');
    } finally {
      terminal.kill();
    }
  });
}

test('a failure of the program is printed on the normal screen', async () => {
  const terminal = startInTerminal(process.execPath, ['dist/test/support/ui-demo.js', '1', 'fail'], {
    columns: 100,
    rows: 30,
  });
  try {
    await terminal.exited;
    const screen = await terminal.waitFor('made to fail', 20_000);
    assert.match(screen, /made to fail/);
    assert.equal(terminal.xterm.buffer.active.type, 'normal');
    assert.equal(terminal.xterm.modes.mouseTrackingMode, 'none');
  } finally {
    terminal.kill();
  }
});

test('ctrl-z goes back to the shell with the terminal as it was, and fg brings the screen again', async () => {
  const terminal = startInTerminal(
    '/bin/sh',
    ['-c', `set -m; '${process.execPath}' dist/test/support/ui-demo.js 1; echo stopped; read -r go; fg; echo over`],
    { columns: 100, rows: 30 },
  );
  try {
    await terminal.waitFor('web', 20_000);
    terminal.type('\x1a');
    await terminal.waitFor('stopped');
    assert.equal(terminal.xterm.buffer.active.type, 'normal');
    assert.equal(terminal.xterm.modes.mouseTrackingMode, 'none');
    terminal.type('go\r');
    await terminal.waitFor('[Stats]');
    assert.equal(terminal.xterm.buffer.active.type, 'alternate');
    assert.equal(terminal.xterm.modes.mouseTrackingMode, 'vt200');
    terminal.type('?');
    await terminal.waitFor('type to search');
    terminal.type('\x03');
    await terminal.waitFor('over');
  } finally {
    terminal.kill();
  }
});

test('ctrl-z without a shell to go back to says so, and the screen goes on', async () => {
  const terminal = startDemo(1);
  try {
    await terminal.waitFor('web', 20_000);
    terminal.type('\x1a');
    await terminal.waitFor('there is no shell here to go back to');
    terminal.type('?');
    await terminal.waitFor('type to search');
  } finally {
    terminal.kill();
  }
});

for (const [how, command] of [
  ['its signal', []],
  // The end of the input is all that it gets.
  ['no signal', ['env', '--block-signal=HUP']],
] as const) {
  test(`a terminal that is closed ends it, with ${how}`, async () => {
    const [file = '', ...args] = [...command, process.execPath, 'dist/test/support/ui-demo.js', '1'];
    const terminal = startInTerminal(file, args, { columns: 100, rows: 30 });
    try {
      await terminal.waitFor('web', 20_000);
      terminal.hangUp();
      await waitUntil('the end of the program', () => !existsSync(`/proc/${terminal.pid}/exe`));
    } finally {
      terminal.kill();
    }
  });
}

test('a resize gives one frame of the new size with nothing of the old', async () => {
  const terminal = startDemo(3);
  try {
    await terminal.waitFor('web', 20_000);
    terminal.resize(60, 16);
    const small = await terminal.waitFor(/^╰─{58}╯$/m);
    assert.equal(small.match(/Containers/g)?.length, 1);
    terminal.resize(130, 40);
    const large = await terminal.waitFor(/╭─ Events/);
    assert.equal(large.match(/1 Containers/g)?.length, 1);
  } finally {
    terminal.kill();
  }
});
