import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

/** Where keys are that nobody can bind: the line that is typed, and the table itself. */
const FIXED = ['terminal/', 'key-names.ts', 'key-file.ts', 'key-router.ts', 'keymap.ts', 'text-field.ts'];
/** Of the programs in sessions, of what is typed, and escape in dialogs: no key of the table. */
const UNBOUND = /ctrl-\]|ctrl-p ctrl-q|shift-pgup|esc takes it back|esc closes/;

const WORD = '(?:space|enter|esc|tab|ctrl-[a-z]|shift-[a-z]+|pgup|pgdn)';
/** A text that names a key by itself, such as `x closes`, `: 6 shows it`, `stop it first (s)`, `enter runs it`. */
const NAMES_A_KEY = [
  // A key, and what it does.
  /(?:^|[:;,.(] ?)[^\s$] [a-z]+s\b(?! of\b)/,
  new RegExp(String.raw`\b${WORD} [a-z]+s\b`),
  /(?<= )\([^\s,()$]\)/,
  new RegExp(String.raw`\b(?:[Pp]ress (?:[^\s$]|${WORD})|with ${WORD})\b`),
];
/** What is painted as a key. */
const PAINTED = /style\('key', ['`](?!\$|ctrl-|compared|esc'|space')/;

function listSources(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !FIXED.some((fixed) => path.startsWith(fixed)))
    .map((path) => join(folder, path));
}

/** The texts of a source, with `$` where something is put in. */
function textsOf(source: string): readonly string[] {
  const code = source.replaceAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|^import .*$/gm, '');
  return [...code.matchAll(/'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`/g)].map(([, plain, template]) =>
    (plain ?? template ?? '').replaceAll(/\$\{[^}]*\}/g, '$'),
  );
}

function findNamed(source: string): readonly string[] {
  const named = textsOf(source).filter((text) => !UNBOUND.test(text) && NAMES_A_KEY.some((form) => form.test(text)));
  return [...named, ...(source.match(new RegExp(PAINTED, 'g')) ?? [])];
}

test('no sentence of the screen names a key by itself: who has bound another one reads that', () => {
  const found = listSources('src/ui').flatMap((path) =>
    findNamed(readFileSync(path, 'utf8')).map((text) => `${path}: ${text}`),
  );
  assert.deepEqual(found, []);
});

test('a sentence that does is found', () => {
  for (const text of [
    'x closes',
    'no shell: e opens one',
    'stop it first (s)',
    'enter runs it',
    'nothing: / searches',
    'press R to run',
  ]) {
    assert.equal(findNamed(`say('${text}')`).length, 1, text);
  }
  assert.deepEqual(findNamed("style('key', 'T')"), ["style('key', '"]);
  assert.deepEqual(findNamed("say('web runs on', 'it is in the list of networks', 'x')"), []);
});
