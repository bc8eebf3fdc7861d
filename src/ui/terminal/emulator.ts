import type { Terminal } from '@xterm/headless';
import { codePointWidth } from './ansi-text.js';

/** What a program has drawn on a terminal of its own: docs/adr/0027. */
export interface Emulator {
  /** Cells, the cursor and the lines that went out at the top. */
  readonly terminal: Terminal;
  readonly isCursorShown: boolean;
  /** What the program wants to be told of the mouse. */
  readonly mouse: EmulatorMouse;
  /** The wheel is told as arrows: on the alternate screen, whose lines cannot be scrolled, unless the program does not want it (DEC mode 1007). */
  readonly hasArrowWheel: boolean;
  /** Resolves when what was written is on its screen: who waits for that does not outrun it. */
  write(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): void;
  /** Scrolls by lines into what went out at the top (less than 0) and back. */
  scroll(lines: number): void;
  /** To the newest lines. */
  scrollToEnd(): void;
  /** Lines that the screen is above the newest ones. */
  readonly scrolledLines: number;
  close(): void;
}

/** DEC modes 9, 1000, 1002 and 1003, and whether in numbers (1006) or in bytes. */
export interface EmulatorMouse {
  readonly tracking: 'none' | 'x10' | 'vt200' | 'drag' | 'any';
  readonly isSgr: boolean;
}

export interface EmulatorOptions {
  readonly columns: number;
  readonly rows: number;
  /** A program without a terminal ends its lines with a line feed alone. */
  readonly hasTerminal: boolean;
  /** What a terminal answers to a program that asks it something, such as where its cursor is. */
  onAnswer(text: string): void;
}

/** Lines kept above the screen: a line of 80 cells takes a kilobyte. */
const SCROLLBACK_LINES = 2000;

/** Loaded when the first session is opened. */
export async function createEmulator({ columns, rows, hasTerminal, onAnswer }: EmulatorOptions): Promise<Emulator> {
  const { default: xterm } = await import('@xterm/headless');
  const terminal = new xterm.Terminal({
    cols: columns,
    rows,
    allowProposedApi: true,
    scrollback: SCROLLBACK_LINES,
    convertEol: !hasTerminal,
  });
  terminal.unicode.register({ version: 'screen', wcwidth: codePointWidth, charProperties: joinWithPreceding });
  terminal.unicode.activeVersion = 'screen';
  const modes = followModes(terminal);
  terminal.onData(onAnswer);
  return {
    terminal,
    get isCursorShown() {
      return modes.isCursorShown;
    },
    get mouse() {
      return { tracking: terminal.modes.mouseTrackingMode, isSgr: modes.isSgrMouse };
    },
    get hasArrowWheel() {
      return hasTerminal && modes.isWheelScrolling && terminal.buffer.active.type === 'alternate';
    },
    write: (bytes) => new Promise((resolve) => terminal.write(bytes, resolve)),
    resize: (newColumns, newRows) => terminal.resize(newColumns, newRows),
    scroll: (lines) => terminal.scrollLines(lines),
    scrollToEnd: () => terminal.scrollToBottom(),
    get scrolledLines() {
      const { baseY, viewportY } = terminal.buffer.active;
      return baseY - viewportY;
    },
    close: () => terminal.dispose(),
  };
}

interface FollowedModes {
  isCursorShown: boolean;
  isSgrMouse: boolean;
  isWheelScrolling: boolean;
}

const FIRST_MODES: FollowedModes = { isCursorShown: true, isSgrMouse: false, isWheelScrolling: true };

/** The modes that the emulator's interface does not tell: DECTCEM, and how the mouse and its wheel are told. */
function followModes({ parser }: Terminal): FollowedModes {
  const modes = { ...FIRST_MODES };
  const set = (isOn: boolean) => (parameters: readonly (number | number[])[]) => {
    if (parameters.includes(25)) modes.isCursorShown = isOn;
    if (parameters.includes(1006)) modes.isSgrMouse = isOn;
    if (parameters.includes(1007)) modes.isWheelScrolling = isOn;
    // The emulator has the other modes.
    return false;
  };
  parser.registerCsiHandler({ prefix: '?', final: 'h' }, set(true));
  parser.registerCsiHandler({ prefix: '?', final: 'l' }, set(false));
  // RIS: a program that has left a terminal in disorder is followed by `reset`.
  parser.registerEscHandler({ final: 'c' }, () => {
    Object.assign(modes, FIRST_MODES);
    return false;
  });
  return modes;
}

/** Width and joining of a character as the emulator packs them: a mark of no width belongs to the character before it, and has its width. */
function joinWithPreceding(codePoint: number, preceding: number): number {
  const own = codePointWidth(codePoint);
  const before = (preceding >> 1) & 3;
  const isJoined = own === 0 && before !== 0;
  return ((isJoined ? before : own) << 1) | (isJoined ? 1 : 0);
}
