import type { IBufferCell, IBufferLine } from '@xterm/headless';
import { RESET } from './ansi-text.js';
import { type CellColours, cellStyle } from './cell-style.js';
import type { Emulator } from './emulator.js';

export interface EmulatorLook {
  readonly colours: CellColours;
  /** The cursor is drawn as an inverse cell. */
  readonly showsCursor: boolean;
}

/** What a program's screen shows now, as rows with styles. */
export function emulatorRows({ terminal, isCursorShown }: Emulator, { colours, showsCursor }: EmulatorLook): string[] {
  const buffer = terminal.buffer.active;
  const cell = buffer.getNullCell();
  const cursorRow = buffer.baseY + buffer.cursorY - buffer.viewportY;
  // After the last cell of a row the cursor waits for the next character: it stands on that cell.
  const cursor = showsCursor && isCursorShown ? Math.min(buffer.cursorX, terminal.cols - 1) : -1;
  return Array.from({ length: terminal.rows }, (_, y) => {
    const line = buffer.getLine(buffer.viewportY + y);
    return line === undefined ? '' : drawLine(line, cell, colours, y === cursorRow ? cursor : -1);
  });
}

function drawLine(line: IBufferLine, cell: IBufferCell, colours: CellColours, cursor: number): string {
  let row = '';
  let style = '';
  for (let x = 0; x < line.length; x++) {
    line.getCell(x, cell);
    const width = cell.getWidth();
    // The second half of a wide character.
    if (width === 0) continue;
    const isCursor = cursor >= x && cursor < x + width;
    const next = cellStyle(cell, colours, isCursor);
    if (next !== style) {
      row += next === '' ? RESET : `${style === '' ? '' : RESET}\x1b[${next}m`;
      style = next;
    }
    row += cell.getChars() || ' ';
  }
  return style === '' ? row : row + RESET;
}
