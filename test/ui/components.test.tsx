import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Box, Text, useInput } from 'ink';
import { render } from 'ink-testing-library';
import type { PropsWithChildren } from 'react';
import { useStore } from 'zustand';
import { createWorkspace } from '../../src/store/workspace.js';
import type { CommandContext } from '../../src/ui/commands/command-context.js';
import { runCommand } from '../../src/ui/commands/run-command.js';
import { Table } from '../../src/ui/components/table.js';
import { DialogView } from '../../src/ui/dialogs/dialog-view.js';
import { NO_PROGRAMS } from '../../src/ui/host-programs.js';
import { keyNames } from '../../src/ui/key-names.js';
import { routeKey } from '../../src/ui/key-router.js';
import { KEYMAP } from '../../src/ui/keymap.js';
import type { PaintContext } from '../../src/ui/paint-context.js';
import { createSessionsStore } from '../../src/ui/sessions/sessions-store.js';
import { stripStyles } from '../../src/ui/terminal/ansi-text.js';
import { selectGlyphs } from '../../src/ui/terminal/glyphs.js';
import { createTheme, selectColourLevel } from '../../src/ui/terminal/theme.js';
import { selectThemeName } from '../../src/ui/themes.js';
import { FakeEngine } from '../support/fake-engine.js';
import { waitUntil } from '../support/wait-until.js';

interface HostProps {
  readonly context: PaintContext;
  readonly commands: CommandContext;
}

/** Dialogs and keys as the application joins them, without the panes. */
function DialogHost({ context, commands }: HostProps) {
  const dialog = useStore(context.workspace.view, (state) => state.dialog);
  useInput((input, key) => {
    for (const name of keyNames(input, key)) routeKey(commands, name);
  });
  return (
    <Box width={80} height={24}>
      {dialog && <DialogView context={context} dialog={dialog} columns={80} rows={24} />}
    </Box>
  );
}

async function openHost(env: Readonly<Record<string, string>> = { TERM: 'xterm-256color' }) {
  const engine = new FakeEngine();
  await engine.add({ name: 'box' });
  const stop = new AbortController();
  const workspace = createWorkspace(engine, stop.signal);
  await workspace.sync.ready;
  const nothing = () => undefined;
  const sessions = createSessionsStore(0);
  const commands: CommandContext = {
    workspace,
    bindings: KEYMAP,
    themes: () => [],
    ownCommands: [],
    programs: NO_PROGRAMS,
    contexts: undefined,
    lend: (borrow) => borrow(),
    quit: nothing,
    copy: nothing,
    dialogScroll: () => ({ start: 0, last: 0 }),
    textExtent: () => ({ count: 0, widest: 0, width: 80, height: 10 }),
    graphStyle: () => 'braille' as const,
    redraw: nothing,
    suspend: nothing,
    lendToShell: () => Promise.resolve(),
    sessions,
  };
  const context: PaintContext = {
    workspace,
    theme: createTheme(selectThemeName(env), selectColourLevel(env)),
    glyphs: selectGlyphs(env),
    bindings: KEYMAP,
    sessions,
    now: Date.now,
  };
  const screen = render(<DialogHost context={context} commands={commands} />);
  const text = () => stripStyles(screen.lastFrame() ?? '');
  return {
    engine,
    workspace,
    commands,
    raw: () => screen.lastFrame() ?? '',
    text,
    waitFor: (what: string) => waitUntil(what, () => text().includes(what)),
    waitUntilClosed: () => waitUntil('the dialog has gone', () => text().trim() === ''),
    press: (...keys: readonly string[]) => {
      for (const key of keys) screen.stdin.write(key);
    },
    close: () => {
      screen.unmount();
      stop.abort();
    },
  };
}

test('a confirmation stands in a frame, does nothing at n, and acts at enter', async () => {
  const host = await openHost();
  try {
    runCommand(host.commands, 'start-stop');
    await host.waitFor('Stop box?');
    assert.match(host.text(), /╭─+╮\n.*│ Stop box\?/);
    host.press('n');
    await host.waitUntilClosed();
    assert.equal((await host.engine.containers.inspect('box')).state.status, 'running');
    runCommand(host.commands, 'start-stop');
    await host.waitFor('Stop box?');
    host.press('\r');
    await host.waitUntilClosed();
    await waitUntil('box has ended', () => host.engine.containers.find('box').value.state.status === 'exited');
  } finally {
    host.close();
  }
});

test('the run form types in its fields, keeps a mistake in sight, and runs what was typed', async () => {
  const host = await openHost();
  try {
    runCommand(host.commands, 'run');
    await host.waitFor('Run a container');
    host.press('made');
    await waitUntil('the name', () => /▸ name +made/.test(host.text()));
    host.press('\t', '\t', '64q');
    await waitUntil('the limit', () => /▸ memory +64q/.test(host.text()));
    host.press('\r');
    await host.waitFor('invalid');
    host.press('\x7f', 'm', '\r');
    await host.waitUntilClosed();
    await waitUntil('the container', () => host.workspace.containers.getState().byId.size === 2);
    assert.equal((await host.engine.containers.inspect('made')).limits.memoryBytes, 64 * 2 ** 20);
  } finally {
    host.close();
  }
});

test('the palette narrows as one types and runs what is chosen', async () => {
  const host = await openHost();
  try {
    runCommand(host.commands, 'palette');
    host.press('security');
    await host.waitFor(': security');
    assert.doesNotMatch(host.text(), /restart/);
    host.press('\r');
    await host.waitUntilClosed();
    assert.equal(host.workspace.view.getState().tab, 'security');
  } finally {
    host.close();
  }
});

test('a dialog has as many colours as the terminal, and none with NO_COLOR', async () => {
  for (const [env, frame] of [
    [{ TERM: 'xterm-256color' }, '\x1b[38;5;203m╭'],
    [{ TERM: 'xterm-16color' }, '\x1b[91m╭'],
    [{ TERM: 'xterm-256color', NO_COLOR: '1' }, '\x1b[1m╭'],
  ] as const) {
    const host = await openHost(env);
    try {
      runCommand(host.commands, 'start-stop');
      await host.waitFor('Stop box?');
      assert.ok(host.raw().includes(frame), JSON.stringify(host.raw()));
      const colours = host.raw().match(/\[(3[0-8]|4[0-8]|9[0-7])[;m]/g) ?? [];
      assert.equal(colours.length === 0, 'NO_COLOR' in env);
    } finally {
      host.close();
    }
  }
});

function Title({ children }: PropsWithChildren) {
  return <Text>{String(children).toUpperCase()}</Text>;
}

test('ink-table draws with the same ink as the rest, and with the styles it is given', () => {
  const screen = render(<Table data={[{ size: '4M', age: '1d' }]} header={Title} />);
  const text = stripStyles(screen.lastFrame() ?? '');
  screen.unmount();
  assert.equal(
    text,
    ['┌──────┬─────┐', '│ SIZE │ AGE │', '├──────┼─────┤', '│ 4M   │ 1d  │', '└──────┴─────┘'].join('\n'),
  );
});
