import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createCompositor } from '../../../src/ui/terminal/compositor.js';

class Output extends EventEmitter {
  readonly columns = 20;
  readonly rows = 5;
  readonly chunks: string[] = [];
  writableNeedDrain = false;

  write(text: string): boolean {
    this.chunks.push(text);
    return true;
  }

  take(): string {
    return this.chunks.splice(0).join('');
  }
}

const rect = { x: 2, y: 1, width: 6, height: 2 };

test('only rows that differ are written, each write as one synchronized update', () => {
  const output = new Output();
  const compositor = createCompositor(output);
  let rows = ['first ', 'second'];
  const pane = { rect, painter: () => rows };
  compositor.addPane(pane);
  compositor.flush();
  const first = output.take();
  assert.ok(first.startsWith('\x1b[?2026h') && first.endsWith('\x1b[?2026l'));
  assert.ok(first.includes('\x1b[2;3Hfirst ') && first.includes('\x1b[3;3Hsecond'));
  compositor.invalidate(pane);
  compositor.flush();
  assert.equal(output.take(), '');
  rows = ['first ', 'other '];
  compositor.invalidate(pane);
  compositor.flush();
  const second = output.take();
  assert.ok(second.includes('other ') && !second.includes('first'));
  compositor.close();
});

test('a pane is not painted below an overlay, and is whole again after it', () => {
  const output = new Output();
  const compositor = createCompositor(output);
  compositor.addPane({ rect, painter: () => ['abcdef', 'ghijkl'] });
  const remove = compositor.addOverlay({ x: 4, y: 0, width: 2, height: 2 });
  compositor.flush();
  const clipped = output.take();
  assert.ok(clipped.includes('\x1b[2;3Hab') && clipped.includes('\x1b[2;7Hef') && !clipped.includes('abcdef'));
  assert.ok(clipped.includes('\x1b[3;3Hghijkl'));
  remove();
  compositor.flush();
  assert.ok(output.take().includes('abcdef'));
  compositor.close();
});

test('where an overlay makes room for another one, panes are not painted before Ink has drawn', async () => {
  const output = new Output();
  const compositor = createCompositor(output);
  const pane = { rect, painter: () => ['abcdef', 'ghijkl'] };
  compositor.addPane(pane);
  compositor.addOverlay({ x: 4, y: 0, width: 2, height: 2 })();
  compositor.invalidate(pane);
  await setImmediate();
  assert.ok(!output.take().includes('abcdef'));
  for (const part of ['\x1b[?2026h', 'frame', '\x1b[?2026l']) compositor.stdout.write(part);
  await setImmediate();
  assert.match(output.take(), /frame[\s\S]*abcdef/);
  compositor.close();
});

test('a pane that stands in an overlay is painted there', () => {
  const output = new Output();
  const compositor = createCompositor(output);
  compositor.addOverlay({ x: 0, y: 0, width: 10, height: 4 });
  compositor.addPane({ rect, painter: () => ['abcdef', 'ghijkl'], isAbove: true });
  compositor.addPane({ rect, painter: () => ['hidden', 'hidden'] });
  compositor.flush();
  const painted = output.take();
  assert.ok(painted.includes('\x1b[2;3Habcdef') && !painted.includes('hidden'));
  compositor.close();
});

test("a frame of Ink's and the panes over it are one write", async () => {
  const output = new Output();
  const compositor = createCompositor(output);
  compositor.addPane({ rect, painter: () => ['abcdef', 'ghijkl'] });
  compositor.stdout.write('\x1b[?2026h');
  compositor.stdout.write('from ink');
  compositor.stdout.write('\x1b[?2026l');
  await Promise.resolve();
  assert.equal(output.chunks.length, 1);
  assert.match(output.take(), /from ink[\s\S]*abcdef/);
  compositor.close();
});

test('nothing is painted while paused, everything afterwards', () => {
  const output = new Output();
  const compositor = createCompositor(output);
  const pane = { rect, painter: () => ['abcdef', 'ghijkl'] };
  compositor.addPane(pane);
  compositor.pause();
  compositor.invalidate(pane);
  compositor.flush();
  assert.equal(output.take(), '');
  compositor.resume();
  compositor.flush();
  assert.ok(output.take().includes('abcdef'));
  compositor.close();
});

test('a slow terminal gets the newest rows once it can take them', () => {
  const output = new Output();
  const compositor = createCompositor(output);
  let text = 'one   ';
  const pane = { rect: { ...rect, height: 1 }, painter: () => [text] };
  compositor.addPane(pane);
  output.writableNeedDrain = true;
  compositor.flush();
  for (text of ['two   ', 'three ']) {
    compositor.invalidate(pane);
    compositor.flush();
  }
  assert.equal(output.take(), '');
  output.writableNeedDrain = false;
  output.emit('drain');
  const written = output.take();
  assert.ok(written.includes('three ') && !written.includes('one') && !written.includes('two'));
  compositor.close();
});

test('resizes in a row are told once, with the last size', async () => {
  const output = new Output();
  const compositor = createCompositor(output, 10);
  let told = 0;
  compositor.stdout.on('resize', () => told++);
  Object.assign(output, { columns: 30 });
  output.emit('resize');
  assert.equal(compositor.stdout.columns, 20);
  Object.assign(output, { columns: 40 });
  output.emit('resize');
  await once(compositor.stdout, 'resize');
  assert.equal(compositor.stdout.columns, 40);
  assert.equal(told, 1);
  compositor.close();
});

test('what comes later is not in the first frame of Ink, and is painted in the next turn', async () => {
  const output = new Output();
  const compositor = createCompositor(output);
  compositor.addPane({ rect, painter: () => ['list  ', 'of all'] });
  compositor.addPane({ rect: { ...rect, y: 3 }, painter: () => ['graphs', 'and so'], isLater: true });
  const drawInk = async (frame: string) => {
    for (const part of ['\x1b[?2026h', frame, '\x1b[?2026l']) compositor.stdout.write(part);
    await Promise.resolve();
  };
  await drawInk('frame of ink');
  const first = output.take();
  assert.ok(first.includes('list  ') && !first.includes('graphs'), first);
  await setImmediate();
  assert.ok(output.take().includes('graphs'));
  await drawInk('another frame');
  const next = output.take();
  assert.ok(next.includes('list  ') && next.includes('graphs'), next);
  compositor.close();
});
