import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expandOwnCommand, parseOwnCommands } from '../../../src/ui/own-command-file.js';

test('a command has the fields of its row, quoted for sh', () => {
  const [command] = parseOwnCommands([
    {
      name: 'psql',
      context: 'containers',
      command: 'gantry exec -it {{.Name}} psql; echo {{ .ID }} {{Image}}',
      run: 'foreground',
    },
  ]);
  assert.equal(command?.isForeground, true);
  const line = expandOwnCommand(command?.command ?? '', { Name: 'my db; rm x', ID: '12', Image: "a'b" });
  assert.equal(line, "gantry exec -it 'my db; rm x' psql; echo 12 'a'\\''b'");
});

for (const [file, message] of [
  [{}, 'the document must be an array of commands'],
  [[7], 'command 1 must be an object'],
  [[{ context: 'images', command: 'x' }], 'command 1 has no name'],
  [
    [{ name: 'a', context: 'boxes', command: 'x' }],
    'context of a is none of containers, images, volumes, networks: "boxes"',
  ],
  [[{ name: 'a', context: 'images' }], 'a has no command'],
  [
    [{ name: 'a', context: 'images', command: 'x', run: 'now' }],
    'run of a is neither foreground nor background: "now"',
  ],
  [
    [{ name: 'a', context: 'volumes', command: 'x {{.ID}}' }],
    '{{.ID}} of a is unknown; of volumes there are {{.Name}} {{.Mountpoint}}',
  ],
] as const) {
  test(`a file of commands is refused: ${JSON.stringify(file)}`, () => {
    assert.throws(() => parseOwnCommands(file), { message });
  });
}
