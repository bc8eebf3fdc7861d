import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeEngine } from '../support/fake-engine.js';
import { digestOf, makeFakeImage } from '../support/fake-images.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

const MIB = 2 ** 20;
const layer = (name: string) => digestOf(name) as ReturnType<typeof makeFakeImage>['layers'][number];
const [base, python] = [layer('base'), layer('python')];
const debian = makeFakeImage(['debian:12'], { layers: [base], sizeBytes: 10 * MIB, createdAtMs: 2 });
const app = makeFakeImage(['app:2', 'app:latest'], { layers: [base, python], sizeBytes: 20 * MIB, createdAtMs: 4 });
const lost = makeFakeImage([], { layers: [layer('lost')], sizeBytes: 3 * MIB, createdAtMs: 3 });

async function openImages(columns = 100): Promise<{ engine: FakeEngine; screen: UiScreen }> {
  const engine = new FakeEngine({ images: [debian, app, lost] });
  await engine.add({ name: 'web', image: 'debian:12' });
  const screen = startUiScreen(engine, { columns, rows: 24 });
  await screen.waitFor('web');
  screen.press('2', '+', '+');
  await screen.waitFor('UNIQUE');
  return { engine, screen };
}

test('an image shows what only it has, what it shares, who has it, and whether it has lost its name', async () => {
  const { screen } = await openImages();
  try {
    await screen.waitFor(/app:2 \+1 +20M +10M +10M +0 /);
    await screen.waitFor(/debian:12 +10M +0 +10M +1 /);
    await screen.waitFor(/<none> dangling +3M +3M +0 +0 /);
    await screen.waitFor(/Images 3 .* 1 dangling/);
  } finally {
    await screen.close();
  }
});

test('images are sorted by the menu and reversed, and the filter narrows them', async () => {
  const { screen } = await openImages();
  try {
    await screen.waitFor(/app:2[\s\S]*dangling[\s\S]*debian/);
    screen.press('o');
    await screen.waitFor('Sort by');
    screen.press('j', 'j', '\r');
    await screen.waitFor(/sort size/);
    await screen.waitFor(/app:2[\s\S]*debian[\s\S]*<none> dangling/);
    screen.press('O');
    await screen.waitFor(/<none> dangling[\s\S]*debian[\s\S]*app:2/);
    screen.press('/', 'dangling', '\r');
    await screen.waitFor(/^(?![\s\S]*app:2)[\s\S]*<none> dangling/);
  } finally {
    await screen.close();
  }
});

test('a used image is not removed without force, of several names one is, and the question says what is freed', async () => {
  const { engine, screen } = await openImages();
  try {
    await screen.waitFor('▸app:2');
    screen.press('d');
    await screen.waitFor('Remove which name of app:2?');
    screen.press('j', '\r');
    await screen.waitFor(/^(?![\s\S]*app:2 \+1)/);
    screen.press('d');
    await screen.waitFor('Frees 10M; what other images have too stays.');
    screen.press('y');
    await screen.waitFor(/^(?![\s\S]*app:2 +20M)/);
    assert.equal((await engine.images.list()).length, 2);
    screen.press('/', 'debian', '\r', 'd');
    await screen.waitFor('web has it: remove that first, or the image by force (D)');
    screen.press('D');
    await screen.waitFor('Remove by force debian:12?');
    screen.press('n');
    assert.equal((await engine.images.list()).length, 2);
  } finally {
    await screen.close();
  }
});

test('prune says how many bytes go, and removes after a question', async () => {
  const { engine, screen } = await openImages();
  try {
    await screen.waitFor('dangling');
    screen.press('P');
    await screen.waitFor(/▸ dangling +1, frees 3M/);
    await screen.waitFor(/unused +2, frees 13M/);
    screen.press('\r');
    await screen.waitFor('Remove 1 dangling image?');
    screen.press('y');
    await screen.waitFor('Total reclaimed space: 1kB');
    assert.equal((await engine.images.list()).length, 2);
    await screen.waitFor(/^(?![\s\S]*<none>)/);
  } finally {
    await screen.close();
  }
});

test('marks and ranges hold for images too, and what is done in bulk is done with all of them', async () => {
  const { screen } = await openImages();
  try {
    await screen.waitFor('▸app:2');
    screen.press('v', 'j', 'v');
    await screen.waitFor('2 marked');
    screen.press('b');
    await screen.waitFor('With 2 marked');
    screen.press('\r');
    await screen.waitFor('Save 2 images to a file');
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*Save 2 images)/);
    screen.press('\\');
    await screen.waitFor(/^(?![\s\S]*2 marked)/);
  } finally {
    await screen.close();
  }
});

test('columns are switched off and on again by name', async () => {
  const { screen } = await openImages();
  try {
    screen.press('C');
    await screen.waitFor(/\[x\] UNIQUE/);
    screen.press('j', 'j', ' ');
    await screen.waitFor(/\[ \] UNIQUE/);
    screen.press('\x1b');
    await screen.waitFor(/^(?![\s\S]*UNIQUE)[\s\S]*SHARED/);
    screen.press('C');
    await screen.waitFor(/\[ \] UNIQUE/);
    screen.press('=', 'q');
    await screen.waitFor(/IMAGE +SIZE UNIQUE/);
  } finally {
    await screen.close();
  }
});

test('the details of an image are its history, who has it, and its JSON', async () => {
  const { screen } = await openImages();
  try {
    screen.press('_', '_', '/', 'debian', '\r', 'h');
    await screen.waitFor(/10M +\S+ ADD root.tar/);
    screen.press(']');
    await screen.waitFor(/web +● up/);
    screen.press('i');
    await screen.waitFor('"RepoTags"');
    screen.press('G');
    await screen.waitFor(/"(Entrypoint|StopSignal|Labels)"/);
    screen.press('[', '[', '[');
    await screen.waitFor('used by    web');
  } finally {
    await screen.close();
  }
});

test('the run form begins with the image, and completes names of images', async () => {
  const { screen } = await openImages();
  try {
    await screen.waitFor('▸app:2');
    screen.press('\r');
    await screen.waitFor(/image +app:2/);
    screen.press('\x1b[A', '\x15', 'deb');
    await screen.waitFor(/image +debian:12/);
    screen.press('\t');
    await screen.waitFor(/▸ image +debian:12/);
  } finally {
    await screen.close();
  }
});
