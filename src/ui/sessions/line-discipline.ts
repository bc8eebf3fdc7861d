import { textWidth } from '../terminal/ansi-text.js';

export interface LineActions {
  /** Shows what was typed. */
  echo(text: string): void;
  /** A whole line, or what is there at ctrl-d. */
  send(bytes: Uint8Array): void;
  /** Ctrl-d at the begin of a line. */
  endInput(): void;
  /** Ctrl-c. */
  interrupt(): void;
}

/**
 * What a terminal does with lines (termios(3), canonical mode) for a program that has none: what is typed is echoed and can be taken
 * back until enter sends it.
 */
export function createLineDiscipline(actions: LineActions): (bytes: Uint8Array) => void {
  let line = '';
  const decoder = new TextDecoder();
  const erase = (count: number) => {
    const characters = [...line];
    const gone = characters.splice(characters.length - count).join('');
    line = characters.join('');
    const width = textWidth(gone);
    actions.echo('\b'.repeat(width) + ' '.repeat(width) + '\b'.repeat(width));
  };
  const flush = (end: string) => {
    actions.send(Buffer.from(line + end));
    line = '';
  };
  const keys: Readonly<Record<string, () => void>> = {
    '\r': () => {
      actions.echo('\r\n');
      flush('\n');
    },
    '\x7f': () => erase(Math.min(1, line.length)),
    '\x15': () => erase([...line].length),
    '\x04': () => (line === '' ? actions.endInput() : flush('')),
    '\x03': () => {
      actions.echo('^C\r\n');
      line = '';
      actions.interrupt();
    },
  };
  return (bytes) => {
    const text = decoder.decode(bytes, { stream: true });
    // A key such as an arrow means nothing to a line.
    if (text.startsWith('\x1b')) return;
    for (const character of text) {
      const act = keys[character === '\n' ? '\r' : character];
      if (act !== undefined) act();
      else if (character >= ' ') {
        line += character;
        actions.echo(character);
      }
    }
  };
}
