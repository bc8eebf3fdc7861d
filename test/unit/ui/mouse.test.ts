import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMouseCapture, parseMouse } from '../../../src/ui/terminal/mouse.js';
import { createMouseFilter } from '../../../src/ui/terminal/mouse-input.js';

test('presses of the first button and the wheel are read, other events of the mouse are ignored', () => {
  assert.deepEqual(parseMouse('[<0;1;1M'), { kind: 'click', x: 0, y: 0 });
  assert.deepEqual(parseMouse('[<64;200;60M'), { kind: 'wheel-up', x: 199, y: 59 });
  assert.deepEqual(parseMouse('[<65;3;4M'), { kind: 'wheel-down', x: 2, y: 3 });
  for (const input of ['[<0;1;1m', '[<2;1;1M', '[<4;1;1M', '[<35;1;1M'])
    assert.equal(parseMouse(input), 'ignored', input);
  for (const input of ['j', '[A', '[<0;1M', '[<0;1;1Mj', '<0;1;1M']) assert.equal(parseMouse(input), undefined, input);
});

test('the mouse is captured while the alternate screen is in front', () => {
  const written: string[] = [];
  const mouse = createMouseCapture((sequence) => written.push(sequence));
  const [enter, leave] = ['\x1b[?1049h', '\x1b[?1049l'];
  const on = '\x1b[?1000h\x1b[?1006h';
  const off = '\x1b[?1006l\x1b[?1000l';
  mouse.set(true);
  assert.deepEqual(written, []);
  assert.equal(mouse.withMouse(enter), enter + on);
  assert.equal(mouse.withMouse('x'), 'x');
  mouse.set(false);
  mouse.set(false);
  assert.deepEqual(written, [off]);
  assert.equal(mouse.withMouse(leave), leave);
  mouse.set(true);
  assert.deepEqual(written, [off]);
  assert.equal(mouse.withMouse(enter), enter + on);
  assert.equal(mouse.withMouse(leave), off + leave);
});

test('events of the mouse are taken out of what is typed, also where they come in pieces', () => {
  const events: unknown[] = [];
  const filter = createMouseFilter((event) => events.push(event));
  assert.equal(filter('j\x1b[<0;3;4Mk\x1b[<0;3;4m\x1b[A'), 'jk\x1b[A');
  assert.equal(filter('x\x1b[<65;1'), 'x');
  assert.equal(filter('0;2My'), 'y');
  assert.equal(filter('\x1b'), '\x1b');
  assert.deepEqual(events, [
    { kind: 'click', x: 2, y: 3 },
    { kind: 'wheel-down', x: 9, y: 1 },
  ]);
});
