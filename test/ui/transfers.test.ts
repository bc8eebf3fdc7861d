import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { EngineError } from '../../src/model/errors.js';
import { FakeEngine } from '../support/fake-engine.js';
import { digestOf } from '../support/fake-images.js';
import { expectTransfer } from '../support/fake-transfers.js';
import { startUiScreen, type UiScreen } from '../support/ui-screen.js';

const LOWER = digestOf('lower');
const UPPER = digestOf('upper');
const MIB = 2 ** 20;
const short = (digest: string) => digest.slice(7, 19);
const DENIED = new EngineError('unauthorized', 'unauthorized: authentication required');

async function openImages(engine: FakeEngine): Promise<UiScreen> {
  const screen = startUiScreen(engine);
  await screen.waitFor('No containers yet');
  screen.press('2');
  await screen.waitFor(/▸\S+:latest/);
  return screen;
}

/** Closes a dialog: the key alone, as a person types it. */
async function leave(screen: UiScreen, gone: string): Promise<void> {
  screen.press('\x1b');
  await screen.waitFor(new RegExp(`^(?![\\s\\S]*${gone})`));
}

test('a pull shows each layer with its bytes and a bar, and at its end what Docker says', async () => {
  const engine = new FakeEngine();
  const pull = expectTransfer(engine.images.transfers, 'pull', 'alpine:3.20');
  const screen = await openImages(engine);
  try {
    screen.press('p');
    await screen.waitFor('Pull an image');
    screen.press('alpine:3.20\t', 'linux/arm64', '\r');
    await screen.waitFor('Pull alpine:3.20');
    pull.step({ phase: 'pending', digest: UPPER });
    pull.step({ phase: 'exists', digest: LOWER });
    await screen.waitFor(`${short(LOWER)} Already exists`);
    await screen.waitFor(`${short(UPPER)} Pulling fs layer`);
    pull.step({ phase: 'downloading', digest: UPPER, doneBytes: 10 * MIB, totalBytes: 40 * MIB });
    await screen.waitFor(new RegExp(`${short(UPPER)} Downloading +├━+─+┤ +10M/40M`));
    await screen.waitFor(/running +├━+─+┤ +10M of 40M +25% .*1\/2 layers/);
    pull.step({ phase: 'verifying', digest: UPPER });
    await screen.waitFor('Verifying Checksum');
    pull.step({ phase: 'extracting', digest: UPPER, doneBytes: 30 * MIB, totalBytes: 60 * MIB });
    await screen.waitFor(new RegExp(`${short(UPPER)} Extracting +├━+─+┤ +30M/60M`));
    pull.step({ phase: 'complete', digest: UPPER });
    pull.finish();
    await screen.waitFor('Status: Downloaded newer image for alpine:3.20');
    assert.deepEqual(pull.options?.platform, { os: 'linux', architecture: 'arm64' });
    await leave(screen, 'Status:');
    await screen.waitFor('alpine:3.20 ');
    screen.press('@');
    await screen.waitFor('✓ gantry pull --platform linux/arm64 alpine:3.20');
  } finally {
    await screen.close();
  }
});

test('a step of a pull writes its rows and not the screen', async () => {
  const engine = new FakeEngine();
  const pull = expectTransfer(engine.images.transfers, 'pull', 'app:1');
  // The clock stands still: ages and rates are a change too.
  const screen = startUiScreen(engine, { now: () => 1_800_000_000_000 });
  try {
    await screen.waitFor('No containers yet');
    screen.press('2', 'p');
    await screen.waitFor('Pull an image');
    screen.press('app:1\r');
    for (const digest of [LOWER, UPPER]) pull.step({ phase: 'downloading', digest, doneBytes: 0, totalBytes: MIB });
    await screen.waitFor(/Downloading[\s\S]*Downloading/);
    await screen.settle();
    const before = screen.writtenCharacters();
    pull.step({ phase: 'downloading', digest: UPPER, doneBytes: MIB / 2, totalBytes: MIB });
    await screen.waitFor('512K/1M');
    await screen.settle();
    const written = screen.writtenCharacters() - before;
    assert.ok(written < 1500, `${written} characters`);
  } finally {
    await screen.close();
  }
});

test('pulls go on behind the panes, several at once, and are found again', async () => {
  const engine = new FakeEngine();
  const [one, two] = ['one', 'two'].map((name) => expectTransfer(engine.images.transfers, 'pull', `${name}:latest`));
  const screen = await openImages(engine);
  try {
    for (const name of ['one', 'two']) {
      screen.press('p');
      await screen.waitFor('Pull an image');
      screen.press(name, '\r');
      await screen.waitFor(`Pull ${name}:latest`);
      await leave(screen, `Pull ${name}:latest`);
    }
    one?.step({ phase: 'downloading', digest: LOWER, doneBytes: MIB, totalBytes: 4 * MIB });
    two?.step({ phase: 'downloading', digest: UPPER, doneBytes: 3 * MIB, totalBytes: 4 * MIB });
    await screen.waitFor('T 2 transfers 50%');
    screen.press('T');
    await screen.waitFor(/▸ pull two:latest .*running.*3M of 4M/);
    screen.press('j', '\r');
    await screen.waitFor(/Pull one:latest[\s\S]*1M\/4M/);
    one?.finish();
    await screen.waitFor('Status: Downloaded newer image for one:latest');
    await screen.waitFor('T pull two:latest 75%');
    two?.finish();
    await screen.waitFor(/^(?![\s\S]*T pull two)/);
  } finally {
    await screen.close();
  }
});

test('a cancelled pull says so, and is pulled again by a key', async () => {
  const engine = new FakeEngine();
  const first = expectTransfer(engine.images.transfers, 'pull', 'app:1');
  const second = expectTransfer(engine.images.transfers, 'pull', 'app:1');
  const screen = await openImages(engine);
  try {
    screen.press('p');
    await screen.waitFor('Pull an image');
    screen.press('app:1\r');
    first.step({ phase: 'pending', digest: LOWER });
    await screen.waitFor('Pulling fs layer');
    screen.press('x');
    await screen.waitFor('the pull of app:1 was cancelled');
    assert.equal(first.options?.signal?.aborted, true);
    screen.press('r');
    await screen.waitFor('running');
    second.finish();
    await screen.waitFor('Status: Downloaded newer image for app:1');
  } finally {
    await screen.close();
  }
});

test('a mistake in the reference stays in the form, a failure of the pull is told in its view', async () => {
  const screen = await openImages(new FakeEngine());
  try {
    screen.press('p');
    await screen.waitFor('Pull an image');
    screen.press('team/Good\r');
    await screen.waitFor('repository name (team/Good) must be lowercase');
    await screen.waitFor('Pull an image');
    screen.press('\x15', 'gone\r');
    await screen.waitFor('✗ failed');
    await screen.waitFor('manifest for gone:latest not found: manifest unknown');
  } finally {
    await screen.close();
  }
});

test('a registry that wants a login is logged in to, the password is nowhere, and the pull goes on', async () => {
  const engine = new FakeEngine();
  const name = 'registry.test/app:1';
  expectTransfer(engine.images.transfers, 'pull', name).fail(DENIED);
  const again = expectTransfer(engine.images.transfers, 'pull', name);
  const screen = await openImages(engine);
  try {
    screen.press('p');
    await screen.waitFor('Pull an image');
    screen.press(`${name}\r`);
    await screen.waitFor('Log in to registry.test');
    screen.press('bob\t', 'wrong', '\r');
    await screen.waitFor('unauthorized: incorrect username or password');
    screen.press('\x15', 'secret');
    await screen.waitFor(/password +\*{6}/);
    screen.press('\r');
    await screen.waitFor(`Pull ${name}`);
    again.finish();
    await screen.waitFor(`Status: Downloaded newer image for ${name}`);
    assert.equal(engine.registries.kept.get('registry.test'), 'bob');
    await leave(screen, 'Status:');
    screen.press('@');
    const log = await screen.waitFor('✓ gantry login --username bob registry.test');
    assert.doesNotMatch(log, /secret|wrong/);
  } finally {
    await screen.close();
  }
});

test('leaving asks while something is pulled, and then cancels it', async () => {
  const engine = new FakeEngine();
  const pull = expectTransfer(engine.images.transfers, 'pull', 'app:1');
  const screen = await openImages(engine);
  screen.press('p');
  await screen.waitFor('Pull an image');
  screen.press('app:1\r');
  await screen.waitFor('Pull app:1');
  await leave(screen, 'Pull app:1');
  screen.press('1', 'q');
  await screen.waitFor('Leave and cancel the pull of app:1?');
  screen.press('y');
  await screen.ended;
  assert.equal(pull.options?.signal?.aborted, true);
});

test('an image is tagged, pushed under the new name, saved to a new file and loaded from it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gantry-transfers-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'busybox.tar');
  const engine = new FakeEngine();
  const push = expectTransfer(engine.images.transfers, 'push', 'registry.test/box:1');
  const screen = await openImages(engine);
  try {
    screen.press('t');
    await screen.waitFor('Give busybox:latest another name');
    screen.press('registry.test/box:1\r');
    await screen.waitFor('busybox:latest +1');
    screen.press('u');
    await screen.waitFor('Push an image');
    screen.press('\x15', 'registry.test/b\t\r');
    await screen.waitFor('Push registry.test/box:1');
    push.step({ phase: 'pushing', digest: LOWER, doneBytes: MIB, totalBytes: 2 * MIB });
    await screen.waitFor(/Pushing +├━+─+┤ +1M\/2M/);
    push.step({ phase: 'mounted', digest: UPPER, from: 'team/base' });
    await screen.waitFor(`${short(UPPER)} Mounted from team/base`);
    push.finish();
    await screen.waitFor('1: digest:');
    await leave(screen, 'Push registry');
    screen.press('s');
    await screen.waitFor('Save busybox:latest to a file');
    screen.press('\x15', `${path}\r`);
    await screen.waitFor(`busybox:latest in ${path}`);
    assert.match(readFileSync(path, 'utf8'), /busybox:latest/);
    await leave(screen, 'busybox:latest in');
    screen.press('s');
    await screen.waitFor('Save busybox:latest to a file');
    screen.press('\x15', `${path}\r`);
    await screen.waitFor('is there already');
    assert.deepEqual(readdirSync(folder), ['busybox.tar'], 'nothing partial is left');
    await leave(screen, 'Save to');
    screen.press('L');
    await screen.waitFor('Load images from a file');
    screen.press(`${folder}/bu\t`);
    await screen.waitFor(path);
    screen.press('\r');
    await screen.waitFor('Loaded image: busybox:latest');
  } finally {
    await screen.close();
  }
});

test('an image that is not there is pulled before its container runs, with its layers in sight', async () => {
  const engine = new FakeEngine();
  const pull = expectTransfer(engine.images.transfers, 'pull', 'app:1');
  const screen = await openImages(engine);
  try {
    screen.press('R');
    await screen.waitFor('Run a container');
    screen.press('\x1b[A', '\x15', 'app:1\t', 'made', '\r');
    await screen.waitFor('Pull app:1');
    pull.step({ phase: 'downloading', digest: LOWER, doneBytes: MIB, totalBytes: 2 * MIB });
    await screen.waitFor('1M/2M');
    pull.finish();
    await screen.waitFor(/▸made +● up/);
    screen.press('R');
    await screen.waitFor('Run a container');
    screen.press('\x12');
    await screen.waitFor(/image +app:1[\s\S]*name +made/);
  } finally {
    await screen.close();
  }
});
