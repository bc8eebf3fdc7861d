import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileTemplate } from '../../src/cli/format/template.js';

const CONTAINER = {
  ID: 'abc',
  Name: '/web',
  State: { Status: 'running', ExitCode: 0, Health: null },
  Config: { Env: ['A=1', 'B=2'], Labels: { x: 'y', b: 'c' } },
  Ports: {},
  Label: (name: string) => ({ x: 'y' })[name] ?? '',
};

function run(source: string): string {
  return compileTemplate(source).execute(CONTAINER);
}

/** Each format with what docker prints for it. */
const CASES: readonly (readonly [string, string])[] = [
  ['{{.ID}}', 'abc'],
  ['{{ .ID }}\t{{.State.Status}}', 'abc\trunning'],
  ['{{.ID}}{{"\\t"}}{{`raw\\t`}}', 'abc\traw\\t'],
  ['{{json .Config.Env}}', '["A=1","B=2"]'],
  ['{{.Config.Env}} {{.Config.Labels}}', '[A=1 B=2] map[b:c x:y]'],
  ['{{range .Config.Env}}{{.}};{{end}}', 'A=1;B=2;'],
  ['{{range $i, $e := .Config.Env}}{{$i}}={{$e}} {{end}}', '0=A=1 1=B=2 '],
  ['{{range $k, $v := .Config.Labels}}{{$k}}:{{$v}} {{end}}', 'b:c x:y '],
  ['{{range .Ports}}x{{else}}none{{end}}', 'none'],
  ['{{if .State.Health}}h{{else if eq .State.Status "running"}}up{{else}}down{{end}}', 'up'],
  ['{{with .State}}{{.Status}} {{$.ID}}{{end}}', 'running abc'],
  ['{{index .Config.Env 1}} {{index .Config.Labels "x"}}', 'B=2 y'],
  ['{{join .Config.Env ","}} {{.Name | upper}} {{lower "ABC"}}', 'A=1,B=2 /WEB abc'],
  ['{{printf "%-8s|%03d|%.2f|%q" .ID 7 1.5 "q"}}', 'abc     |007|1.50|"q"'],
  ['{{println .ID 1}}', 'abc 1\n'],
  ['{{len .Config.Env}} {{slice .ID 0 2}} {{truncate .Name 3}} {{title "ab cd"}}', '2 ab /we Ab Cd'],
  ['{{$x := .ID}}{{$x}}-{{$x}}', 'abc-abc'],
  ['a {{- "b" -}} c', 'abc'],
  ['{{/* nothing */}}x', 'x'],
  ['{{(index .Config.Env 0) | printf "%s!"}}', 'A=1!'],
  ['{{and .ID (not .State.Health)}} {{or "" "z"}} {{gt 2 1}}', 'true z true'],
  ['{{.Label "x"}}', 'y'],
  ['{{.State.Health}}', '<nil>'],
  ['{{.Config.Labels.x}} {{.Config.Labels.nosuch}}', 'y <no value>'],
  ['{{split "a:b" ":"}}', '[a b]'],
];

for (const [source, printed] of CASES) {
  test(`${source} prints ${JSON.stringify(printed)}`, () => {
    assert.equal(run(source), printed);
  });
}

test('what Go refuses is refused with the words of Go', () => {
  assert.throws(() => run('{{.Foo'), { message: 'template: :1: unclosed action' });
  assert.throws(() => run('{{foo}}'), { message: 'template: :1: function "foo" not defined' });
  assert.throws(() => run('{{if .ID}}'), { message: 'template: :1: unexpected EOF' });
  assert.throws(() => run('{{end}}'), { message: 'template: :1: unexpected {{end}}' });
  assert.throws(() => run('{{.Foo}}'), {
    message: 'template: :1:2: executing "" at <.Foo>: map has no entry for key "Foo"',
  });
  assert.throws(() => compileTemplate('a\n{{.Foo}}', { typeName: '*formatter.ContainerContext' }).execute({}), {
    message: 'template: :2:2: executing "" at <.Foo>: can\'t evaluate field Foo in type *formatter.ContainerContext',
  });
  assert.throws(() => run('{{index .Config.Env 9}}'), {
    message: 'template: :1:2: executing "" at <index>: error calling index: index out of range: 9',
  });
});
