/** What a terminal tells of its mouse; cells count from 0 at the top left. */
export interface MouseEvent {
  readonly kind: 'click' | 'wheel-up' | 'wheel-down';
  readonly x: number;
  readonly y: number;
}

/** The same as the terminal told it: button, modifiers and movement in one number, as xterm has them. */
export interface MouseReport {
  readonly code: number;
  readonly x: number;
  readonly y: number;
  readonly isRelease: boolean;
}

/** Presses, releases and the wheel (DEC mode 1000), told in decimal numbers (1006): xterm's control sequences, "Mouse Tracking". */
const CLICKS = '\x1b[?1000h';
const CAPTURE = `${CLICKS}\x1b[?1006h`;
const RELEASE = '\x1b[?1006l\x1b[?1000l';
/** Movements too, with a button or any: each takes the place of the mode before. */
const MOTIONS = {
  none: { on: '', off: '' },
  drag: { on: '\x1b[?1002h', off: '\x1b[?1002l' },
  any: { on: '\x1b[?1003h', off: '\x1b[?1003l' },
} as const;

/** A control sequence without its escape as what the mouse did; undefined where it is none. */
export function parseMouseReport(input: string): MouseReport | undefined {
  const match = /^\[<(\d+);(\d+);(\d+)([Mm])$/.exec(input);
  if (match === null) return undefined;
  const [, code, column, row, end] = match;
  return { code: Number(code), x: Number(column) - 1, y: Number(row) - 1, isRelease: end === 'm' };
}

/** A report as an event; `ignored` where it means nothing here: releases, other buttons, modifiers. */
export function toMouseEvent({ code, x, y, isRelease }: MouseReport): MouseEvent | 'ignored' {
  const kind = isRelease ? undefined : KINDS[code];
  return kind === undefined ? 'ignored' : { kind, x, y };
}

const KINDS: Readonly<Record<number, MouseEvent['kind']>> = { 0: 'click', 64: 'wheel-up', 65: 'wheel-down' };

/** Whether the terminal gives its mouse to the program. */
export interface MouseCapture {
  set(isCaptured: boolean): void;
  /** Which movements are told while it is captured. */
  track(motion: keyof typeof MOTIONS): void;
  /**
   * What switches the alternate screen, with what takes or gives back the mouse: the mouse is captured while that screen is in front, so
   * it is given back with it, whatever ends or interrupts the program.
   */
  withMouse(sequence: string): string;
}

/** `write` brings a sequence to the terminal. */
export function createMouseCapture(write: (sequence: string) => void): MouseCapture {
  let isWanted = false;
  let isInFront = false;
  let motion: keyof typeof MOTIONS = 'none';
  const capture = () => CAPTURE + MOTIONS[motion].on;
  const release = () => MOTIONS[motion].off + RELEASE;
  return {
    set: (isCaptured) => {
      if (isCaptured === isWanted) return;
      isWanted = isCaptured;
      if (isInFront) write(isCaptured ? capture() : release());
    },
    track: (next) => {
      if (next === motion) return;
      const { off } = MOTIONS[motion];
      motion = next;
      // Where a mode of movements ends, nothing is told until another one is set.
      if (isInFront && isWanted) write(off + CLICKS + MOTIONS[next].on);
    },
    withMouse: (sequence) => {
      if (sequence.includes('\x1b[?1049h')) {
        isInFront = true;
        return isWanted ? sequence + capture() : sequence;
      }
      if (!sequence.includes('\x1b[?1049l')) return sequence;
      isInFront = false;
      return isWanted ? release() + sequence : sequence;
    },
  };
}
