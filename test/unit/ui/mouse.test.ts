import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeMouse } from '../../../src/ui/sessions/session-mouse.js';
import type { EmulatorMouse } from '../../../src/ui/terminal/emulator.js';
import { createMouseCapture } from '../../../src/ui/terminal/mouse.js';
import { createMouseFilter } from '../../../src/ui/terminal/mouse-input.js';

/** What one piece of input is: the event, `ignored` where the mouse said something else, undefined where it is no word of the mouse. */
function readEvent(input: string): unknown {
  let event: unknown;
  const rest = createMouseFilter((each) => {
    event = each;
  })(`\x1b${input}`);
  return event ?? (rest === '' ? 'ignored' : undefined);
}

test('presses of the first button and the wheel are read, other events of the mouse are ignored', () => {
  assert.deepEqual(readEvent('[<0;1;1M'), { kind: 'click', x: 0, y: 0 });
  assert.deepEqual(readEvent('[<64;200;60M'), { kind: 'wheel-up', x: 199, y: 59 });
  assert.deepEqual(readEvent('[<65;3;4M'), { kind: 'wheel-down', x: 2, y: 3 });
  for (const input of ['[<0;1;1m', '[<2;1;1M', '[<4;1;1M', '[<35;1;1M'])
    assert.equal(readEvent(input), 'ignored', input);
  for (const input of ['j', '[A', '[<0;1M', '<0;1;1M']) assert.equal(readEvent(input), undefined, input);
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

test('movements are told while somebody wants them and the mouse is captured', () => {
  const written: string[] = [];
  const mouse = createMouseCapture((sequence) => written.push(sequence));
  mouse.set(true);
  mouse.withMouse('\x1b[?1049h');
  mouse.track('drag');
  mouse.track('drag');
  mouse.track('none');
  assert.deepEqual(written.splice(0), ['\x1b[?1000h\x1b[?1002h', '\x1b[?1002l\x1b[?1000h']);
  mouse.track('any');
  mouse.set(false);
  assert.deepEqual(written.splice(0), ['\x1b[?1000h\x1b[?1003h', '\x1b[?1003l\x1b[?1006l\x1b[?1000l']);
  mouse.track('none');
  assert.deepEqual(written, []);
});

test('a program is told what it has asked for, as it has asked for it', () => {
  const press = { code: 0, x: 4, y: 9, isRelease: false };
  const sgr = (tracking: EmulatorMouse['tracking']) => ({ tracking, isSgr: true });
  assert.equal(encodeMouse(press, sgr('none')), undefined);
  assert.equal(encodeMouse(press, sgr('vt200')), '\x1b[<0;5;10M');
  assert.equal(encodeMouse({ ...press, isRelease: true }, sgr('vt200')), '\x1b[<0;5;10m');
  assert.equal(encodeMouse({ ...press, code: 20 }, sgr('vt200')), '\x1b[<20;5;10M');
  // X10: presses alone, and no modifiers.
  assert.equal(encodeMouse({ ...press, code: 20 }, sgr('x10')), '\x1b[<0;5;10M');
  assert.equal(encodeMouse({ ...press, isRelease: true }, sgr('x10')), undefined);
  assert.equal(encodeMouse({ ...press, code: 64 }, sgr('x10')), undefined);
  // 32: a movement with a button; 35: with none.
  assert.equal(encodeMouse({ ...press, code: 32 }, sgr('vt200')), undefined);
  assert.equal(encodeMouse({ ...press, code: 32 }, sgr('drag')), '\x1b[<32;5;10M');
  assert.equal(encodeMouse({ ...press, code: 35 }, sgr('drag')), undefined);
  assert.equal(encodeMouse({ ...press, code: 35 }, sgr('any')), '\x1b[<35;5;10M');
  const old = { tracking: 'any', isSgr: false } as const;
  assert.equal(encodeMouse(press, old), '\x1b[M %*');
  assert.equal(encodeMouse({ ...press, isRelease: true }, old), '\x1b[M#%*');
  assert.equal(encodeMouse({ ...press, x: 230 }, old), undefined);
});
