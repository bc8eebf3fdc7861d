import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  formatFamiliarName,
  formatFamiliarReference,
  formatImageReference,
  parseImageReference,
} from '../../src/model/image-reference.js';

const HEX = 'a'.repeat(64);

const CASES = [
  ['busybox', 'docker.io/library/busybox:latest', 'busybox:latest', 'busybox'],
  ['busybox:1.36', 'docker.io/library/busybox:1.36', 'busybox:1.36', 'busybox'],
  ['a/b', 'docker.io/a/b:latest', 'a/b:latest', 'a/b'],
  ['docker.io/busybox', 'docker.io/library/busybox:latest', 'busybox:latest', 'busybox'],
  ['index.docker.io/library/x:y', 'docker.io/library/x:y', 'x:y', 'x'],
  ['localhost/x', 'localhost/x:latest', 'localhost/x:latest', 'localhost/x'],
  ['127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b:c', '127.0.0.1:5000/a/b'],
  ['reg.example.com/x', 'reg.example.com/x:latest', 'reg.example.com/x:latest', 'reg.example.com/x'],
  [`x@sha256:${HEX}`, `docker.io/library/x@sha256:${HEX}`, `x@sha256:${HEX}`, 'x'],
  [`x:t@sha256:${HEX}`, `docker.io/library/x:t@sha256:${HEX}`, `x:t@sha256:${HEX}`, 'x'],
  ['a__b/c--d.e', 'docker.io/a__b/c--d.e:latest', 'a__b/c--d.e:latest', 'a__b/c--d.e'],
  ['Host/x', 'Host/x:latest', 'Host/x:latest', 'Host/x'],
] as const;

for (const [text, full, familiar, name] of CASES) {
  test(`the reference ${text} is ${full}`, () => {
    const reference = parseImageReference(text);
    assert.equal(formatImageReference(reference), full);
    assert.equal(formatFamiliarReference(reference), familiar);
    assert.equal(formatFamiliarName(reference), name);
  });
}

const INVALID = [
  '',
  ':tag',
  'a:',
  'a b',
  'a//b',
  '/a',
  'a/',
  'a:t:u',
  'x@sha256:short',
  'x@y@z',
  '-a',
  'a_',
  '../x',
  `x:${'t'.repeat(129)}`,
];

for (const text of INVALID) {
  test(`"${text.slice(0, 20)}" is no reference`, () => {
    assert.throws(() => parseImageReference(text), { kind: 'invalid-argument', message: 'invalid reference format' });
  });
}

test('why a name is no reference is said in docker words', () => {
  const message = (text: string) => {
    try {
      parseImageReference(text);
      return '';
    } catch (error) {
      return (error as Error).message;
    }
  };
  assert.equal(message('Busybox'), 'invalid reference format: repository name (library/Busybox) must be lowercase');
  assert.equal(message(HEX), `invalid repository name (${HEX}), cannot specify 64-byte hexadecimal strings`);
  assert.equal(message(`a/${'b'.repeat(256)}`), 'repository name must not be more than 255 characters');
});
