import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { extendText, matchCandidates } from '../../../src/store/completion.js';
import { completePath, isArchiveName } from '../../../src/store/file-completion.js';
import { createRunForm, filledRunFields, recallRun } from '../../../src/store/run-form.js';
import { makeTemporaryFolder } from '../../support/temporary-folder.js';

test('what begins with the text comes first, then what has it inside, and never the text itself', () => {
  assert.deepEqual(matchCandidates('ap', ['zap', 'app:1', 'ap', 'app:1', 'x']), ['app:1', 'zap']);
});

test('tab goes as far as all completions agree, and nowhere from nothing', () => {
  assert.equal(extendText('a', ['app:1', 'app:2', 'zap']), 'app:');
  assert.equal(extendText('app:', ['app:1', 'app:2']), undefined);
  assert.equal(extendText('', ['app:1']), undefined);
});

test('paths are completed with folders open and other files left out', (t) => {
  const folder = makeTemporaryFolder(t);
  mkdirSync(join(folder, 'images'));
  for (const name of ['image.tar', 'image.txt', '.hidden.tar']) writeFileSync(join(folder, name), '');
  assert.deepEqual(completePath(`${folder}/im`, isArchiveName), [`${folder}/image.tar`, `${folder}/images/`]);
  assert.deepEqual(completePath(`${folder}/.h`, isArchiveName), [`${folder}/.hidden.tar`]);
  assert.deepEqual(completePath(`${folder}/none/x`, isArchiveName), []);
});

test('recent runs come back one after another, the newest first', () => {
  const form = createRunForm('busybox', { images: [] });
  const runs = [
    { image: 'two', command: 'b' },
    { image: 'one', name: 'first' },
  ];
  const newest = recallRun(form, runs);
  assert.deepEqual(newest && filledRunFields(newest), runs[0]);
  const older = newest && recallRun(newest, runs);
  assert.deepEqual(older && filledRunFields(older), runs[1]);
  const again = older && recallRun(older, runs);
  assert.deepEqual(again && filledRunFields(again), runs[0]);
  assert.equal(recallRun(form, []), undefined);
});
