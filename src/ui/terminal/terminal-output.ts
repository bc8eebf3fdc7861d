/** What the screen needs of a terminal; a tty's WriteStream has it. */
export interface TerminalOutput {
  readonly columns?: number;
  readonly rows?: number;
  readonly isTTY?: boolean;
  readonly writableNeedDrain?: boolean;
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}
