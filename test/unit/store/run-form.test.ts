import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatCommandLine } from '../../../src/store/command-log-store.js';
import { createRowFilter } from '../../../src/store/row-filter.js';
import {
  createRunForm,
  parseRunForm,
  type RunFieldName,
  type RunForm,
  turnRunSwitch,
  typeInRunForm,
} from '../../../src/store/run-form.js';
import { splitWords } from '../../../src/store/split-words.js';
import { makeFakeImage } from '../../support/fake-images.js';

function form(values: Partial<Record<RunFieldName, string>>) {
  const empty = createRunForm('hello', { images: [] });
  return { ...empty, values: { ...empty.values, image: 'busybox', ...values } };
}

test('a form is the config and the command line of gantry run', () => {
  const { config, args } = parseRunForm(
    form({
      name: 'web',
      command: "sh -c 'echo hi'",
      memory: '64m',
      cpus: '0.5',
      env: "A=1 B='x y'",
      volume: 'data:/data:ro',
      tty: 'yes',
      rm: 'yes',
    }),
  );
  assert.equal(config.image, 'busybox');
  assert.deepEqual(config.command, ['sh', '-c', 'echo hi']);
  assert.deepEqual(config.limits, { memoryBytes: 64 * 2 ** 20, nanoCpus: 500_000_000 });
  assert.deepEqual(config.env, { A: '1', B: 'x y' });
  assert.equal(config.tty && config.openStdin && config.autoRemove, true);
  assert.equal(
    formatCommandLine(args),
    "gantry run --detach --name web --memory 64m --cpus 0.5 --env A=1 --env 'B=x y' --volume data:/data:ro --tty --rm --interactive busybox sh -c 'echo hi'",
  );
});

test('what is wrong in a form is said in the words of gantry run', () => {
  assert.throws(() => parseRunForm(form({ memory: '64q' })), /invalid/);
  assert.throws(() => parseRunForm(form({ rm: 'yes', restart: 'always' })), /cannot specify both --restart and --rm/);
});

test('words are split as a shell does', () => {
  assert.deepEqual(splitWords(`a 'b c' "d \\"e" f\\ g ''`), ['a', 'b c', 'd "e', 'f g', '']);
  assert.deepEqual(splitWords('  '), []);
  assert.deepEqual(splitWords("open 'quote"), ['open', 'quote']);
});

test('a filter is an expression, inverse with !, and plain text where it is none', () => {
  assert.ok(createRowFilter('^web')('web-1 up'));
  assert.ok(!createRowFilter('!^web')('web-1 up'));
  assert.ok(createRowFilter('[a')('x[a'));
  assert.ok(createRowFilter('WEB')('web'));
});

test('the terminal is on where a shell starts, follows image and command, and stays as the user has set it', () => {
  const web = makeFakeImage(['web:1'], { config: { entrypoint: ['/docker-entrypoint.sh'], command: ['nginx'] } });
  const deb = makeFakeImage(['debian:latest'], { config: { command: ['/bin/bash'] } });
  const resources = { images: [web, deb] };
  const terminal = ({ values }: RunForm) => values.tty;
  const withCommand = (form: RunForm, text: string) =>
    typeInRunForm({ ...form, field: 'command' }, { text, cursor: text.length }, resources);
  for (const image of ['host', 'busybox', 'debian', 'debian:latest', deb.id])
    assert.equal(terminal(createRunForm(image, resources)), 'yes', image);
  for (const image of ['', 'hello', 'web:1', 'nosuch'])
    assert.equal(terminal(createRunForm(image, resources)), '', image);
  const debian = createRunForm('debian', resources);
  for (const command of ['sh -c "exit 3"', 'bash -ec true', 'sleep 1000', 'sh /start.sh'])
    assert.equal(terminal(withCommand(debian, command)), '', command);
  assert.equal(terminal(withCommand(withCommand(debian, 'sleep 9'), 'busybox sh -l')), 'yes');
  const off = turnRunSwitch({ ...debian, field: 'tty' });
  assert.equal(terminal(withCommand(off, 'bash')), '');
});
