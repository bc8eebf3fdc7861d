/** What a terminal tells of its mouse; cells count from 0 at the top left. */
export interface MouseEvent {
  readonly kind: 'click' | 'wheel-up' | 'wheel-down';
  readonly x: number;
  readonly y: number;
}

/** Presses, releases and the wheel (DEC mode 1000), told in decimal numbers (1006): xterm's control sequences, "Mouse Tracking". */
const CAPTURE = '\x1b[?1000h\x1b[?1006h';
const RELEASE = '\x1b[?1006l\x1b[?1000l';

/**
 * A control sequence without its escape as an event of the mouse; `ignored` for those that mean nothing here (releases, other
 * buttons, modifiers); undefined where it is none.
 */
export function parseMouse(input: string): MouseEvent | 'ignored' | undefined {
  const match = /^\[<(\d+);(\d+);(\d+)([Mm])$/.exec(input);
  if (match === null) return undefined;
  const [, button, column, row, end] = match;
  const kind = end === 'M' ? KINDS[Number(button)] : undefined;
  return kind === undefined ? 'ignored' : { kind, x: Number(column) - 1, y: Number(row) - 1 };
}

const KINDS: Readonly<Record<number, MouseEvent['kind']>> = { 0: 'click', 64: 'wheel-up', 65: 'wheel-down' };

/** Whether the terminal gives its mouse to the program. */
export interface MouseCapture {
  set(isCaptured: boolean): void;
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
  return {
    set: (isCaptured) => {
      if (isCaptured === isWanted) return;
      isWanted = isCaptured;
      if (isInFront) write(isCaptured ? CAPTURE : RELEASE);
    },
    withMouse: (sequence) => {
      if (sequence.includes('\x1b[?1049h')) {
        isInFront = true;
        return isWanted ? sequence + CAPTURE : sequence;
      }
      if (!sequence.includes('\x1b[?1049l')) return sequence;
      isInFront = false;
      return isWanted ? RELEASE + sequence : sequence;
    },
  };
}
