import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { saveArchive } from '../../src/cli/copy/save-archive.js';
import type { Image } from '../../src/model/image.js';
import { FakeEngine } from '../support/fake-engine.js';
import { digestOf, makeFakeImage } from '../support/fake-images.js';
import { makeTemporaryFolder } from '../support/temporary-folder.js';
import { startUiScreen } from '../support/ui-screen.js';

const LAYERS = ['one', 'two', 'three'].map(digestOf) as unknown as Image['layers'];

function makeEngine(): FakeEngine {
  return new FakeEngine({
    images: [
      makeFakeImage(['app:1'], { layers: LAYERS }),
      makeFakeImage(['base:1'], { layers: LAYERS.slice(0, 1), createdAtMs: 0 }),
    ],
  });
}

const without = (text: string) => new RegExp(`^(?![\\s\\S]*${text})`);

test('an image in the list shows its layers, who else has them, and its files', async () => {
  const screen = startUiScreen(makeEngine(), { columns: 120, rows: 40 });
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    const text = await screen.waitFor(/Files up to layer 2[\s\S]*- bin\//);
    assert.match(text, /0 +1\.4M +0B base:1/);
    assert.match(text, /▸ 2 +1\.4M +1\.4M -/);
    assert.match(text, /C .*- app\//);
    assert.match(text, /D .*lists\//);
    screen.press('h');
    await screen.waitFor('[History]');
    screen.press('\x1b');
    await screen.waitFor('Files up to layer 2');
    screen.press('j');
    await screen.waitFor(/Layers base:1[\s\S]*0 +4\.1M/);
    screen.press('j');
    const embedded = await screen.waitFor(/╭─ Files ─[\s\S]*not there yet/);
    assert.doesNotMatch(embedded, /busybox *│$/m, 'the files of the image before are gone');
  } finally {
    await screen.close();
  }
});

test('1 and 2 choose the scope, letters hide marks, and each layer shows what it did', async () => {
  const screen = startUiScreen(makeEngine());
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor('bin/');
    screen.press('y', '1');
    await screen.waitFor(/Files of layer 2/);
    const own = await screen.waitFor(without('bin/'));
    assert.match(own, /D .*lists\//);
    screen.press('d');
    await screen.waitFor(without('lists/'));
    await screen.waitFor('without deleted');
    screen.press('d', 'k');
    await screen.waitFor(/Files of layer 1[\s\S]*A .*数据\.json/);
    // What is the same as below is not changed, whatever its time.
    await screen.waitFor(/C .*passwd/);
    await screen.waitFor(/ {4}.*hosts/);
    screen.press('u');
    await screen.waitFor(without('hosts'));
    screen.press('u', '2');
    await screen.waitFor(/up to layer 1[\s\S]*bin\//);
  } finally {
    await screen.close();
  }
});

test('space folds, ctrl-space folds all, and a filter finds what is folded away', async () => {
  const screen = startUiScreen(makeEngine());
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor(/- bin\//);
    screen.press('y', '\t', 'g', 'j', 'j', 'j');
    await screen.waitFor(/▸.*- bin\//);
    screen.press(' ');
    await screen.waitFor(/\+ bin\//);
    await screen.waitFor(without('busybox'));
    screen.press(' ');
    await screen.waitFor('busybox');
    screen.press('\0');
    await screen.waitFor(/\+ app\//);
    await screen.waitFor(/\+ var\//);
    screen.press('/', 'secur');
    await screen.waitFor('security');
    await screen.waitFor(without('bin/'));
    screen.press('\r');
    await screen.waitFor('/secur');
    screen.press('\x1b');
    await screen.waitFor(/\+ bin\//);
    screen.press('/', '/bin/b');
    await screen.waitFor('busybox');
    screen.press('\x1b');
    await screen.waitFor(without('busybox'));
  } finally {
    await screen.close();
  }
});

test('W lists what is wasted, and escape comes back step by step', async () => {
  const screen = startUiScreen(makeEngine());
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor('bin/');
    screen.press('W');
    await screen.waitFor('W means nothing here');
    screen.press('y', 'W');
    await screen.waitFor(/4\.9K +4\.9K +2 \/var\/lib\/lists \(2 file/);
    screen.press('\x1b');
    await screen.waitFor('bin/');
    screen.press('\x1b');
    await screen.waitFor(/ run y layers/);
    screen.press('\x1b');
    await screen.waitFor('1 Containers');
  } finally {
    await screen.close();
  }
});

test('x asks where to, and what a layer deleted is taken from below it', async (t) => {
  const folder = makeTemporaryFolder(t);
  const screen = startUiScreen(makeEngine(), { saveArchive });
  const extract = async (path: string, target: string) => {
    screen.press('x');
    await screen.waitFor(`Extract ${path}`);
    screen.press('\x15', target, '\r');
    await screen.waitFor(`${path} is in ${target}`.slice(0, 70));
    return readFileSync(target, 'utf8');
  };
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor('bin/');
    screen.press('y', '1', '\t', '/', 'security', '\r', 'G');
    await screen.waitFor(/▸D.*security/);
    assert.equal(await extract('/var/lib/lists/security', join(folder, 'a')), 's'.repeat(2_000));
    screen.press('/', '\x15main', '\r', 'g', 'j');
    await screen.waitFor(/▸C.*main\.js/);
    assert.equal(await extract('/app/main.js', join(folder, 'b')), 'n'.repeat(1_500));
    // The same dialog again at once is the same frame to Ink, which does not write it twice.
    await screen.settle();
    screen.press('x');
    await screen.waitFor('Extract /app/main.js');
    screen.press('\x15', join(folder, 'no', 'such'), '\r');
    await screen.waitFor('invalid output path');
    screen.press('@');
    await screen.waitFor(/image extract --layer 1 app:1:\/var\/lib\/lists\/security/);
  } finally {
    await screen.close();
  }
});

test('y on a container shows its own layer on top, and comes back', async () => {
  const engine = makeEngine();
  await engine.add({ name: 'box', image: 'app:1' });
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('box');
    screen.press('y');
    await screen.waitFor('changed in');
    await screen.waitFor(/Files of the container[\s\S]*D .*hosts[\s\S]*A .*\.ash_history/);
    screen.press('\x1b');
    await screen.waitFor('[Stats]');
    screen.press('y');
    await screen.waitFor('Files of the container');
    // Another detail takes the place again.
    screen.press('\t', 'l');
    await screen.waitFor('[Logs]');
  } finally {
    await screen.close();
  }
});

test('x takes a file that the container itself made out of it, and the tab of layers has its changes as a tree', async (t) => {
  const folder = makeTemporaryFolder(t);
  const engine = makeEngine();
  await engine.add({ name: 'box', image: 'app:1' });
  const { files } = engine.containers.find('box');
  for (const [path, text] of Object.entries({ '/root': '', '/root/.ash_history': 'ls\n' }))
    files.set(path, Buffer.from(text));
  const saved: (readonly [string, string])[] = [];
  const screen = startUiScreen(engine, {
    rows: 40,
    saveArchive: async (archive, path, target) => {
      for await (const bytes of archive) saved.push([path, Buffer.from(bytes).toString()]);
      assert.equal(target, join(folder, 'taken'));
    },
  });
  try {
    await screen.waitFor('box');
    screen.press('[', '[');
    await screen.waitFor(/changed in the container 2 +y: with sizes[\s\S]*A \/root[\s\S]*A {3}\.ash_history/);
    screen.press('y');
    await screen.waitFor(/A +3B +\.ash_history/);
    screen.press('G', 'x');
    await screen.waitFor('Extract /root/.ash_history');
    screen.press('\x15', join(folder, 'taken'), '\r');
    await screen.waitFor('/root/.ash_history is in');
    assert.deepEqual(saved, [['/root/.ash_history', 'ls\n']]);
    screen.press('@');
    await screen.waitFor('gantry cp box:/root/.ash_history');
  } finally {
    await screen.close();
  }
});

test('a failure is told in the pane, and an engine without layers says so', async () => {
  const engine = makeEngine();
  engine.layers.filesOfImage = () => Promise.reject(new Error('the index is gone'));
  const screen = startUiScreen(engine);
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor('the index is gone');
    screen.press('y', 'x');
    await screen.waitFor('no file is selected');
  } finally {
    await screen.close();
  }
});

test('the layers view is drawn at every size', async () => {
  const screen = startUiScreen(makeEngine());
  try {
    await screen.waitFor('app:1');
    screen.press('2');
    await screen.waitFor('bin/');
    screen.press('y', '\t');
    for (const [columns, rows] of [
      [1, 1],
      [3, 3],
      [9, 2],
      [24, 8],
      [40, 10],
      [60, 16],
      [90, 50],
      [100, 20],
      [120, 40],
      [200, 60],
    ] as const) {
      screen.resize(columns, rows);
      const text = await screen.settle();
      assert.equal(text.split('\n').length, rows);
      if (columns >= 24) assert.match(text, /bin/, `${columns}x${rows}`);
    }
  } finally {
    await screen.close();
  }
});

test("of an engine behind Docker's API the layers tab and a removal say what they cannot tell", async (t) => {
  const engine = makeEngine();
  await engine.add({ name: 'box', image: 'app:1' });
  Object.defineProperty(engine, 'layers', { value: undefined });
  const screen = startUiScreen(engine, { columns: 120, rows: 40 });
  t.after(() => screen.close());
  await screen.waitFor('box');
  screen.press('[', '[');
  const text = await screen.waitFor("Docker's API does not tell the layers of an image");
  assert.doesNotMatch(text, /layers 0/);
  await screen.waitFor('changed in the container');
  screen.press('2', 'j', 'd');
  await screen.waitFor('How much that frees, this endpoint does not tell');
});
