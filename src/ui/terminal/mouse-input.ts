import { type MouseEvent, parseMouse } from './mouse.js';

export interface MouseInput {
  /** Gives what the terminal has sent without what its mouse said. */
  take(bytes: Buffer): Buffer;
  /** Calls back for each event; gives the function that ends this. */
  listen(listener: (event: MouseEvent) => void): () => void;
}

/** Takes the mouse's events out of what comes from the terminal; all else goes on byte for byte. */
export function createMouseInput(): MouseInput {
  const listeners = new Set<(event: MouseEvent) => void>();
  const filter = createMouseFilter((event) => {
    for (const listener of listeners) listener(event);
  });
  return {
    take: (bytes) => Buffer.from(filter(bytes.toString('latin1')), 'latin1'),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const EVENT = /\x1b\[<\d+;\d+;\d+[Mm]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const BEGIN = /\x1b\[<[\d;]*$/;

/** Gives a piece of input without the mouse's events; one that is cut between two pieces is put together. */
export function createMouseFilter(onEvent: (event: MouseEvent) => void): (text: string) => string {
  let held = '';
  return (text) => {
    const rest = (held + text).replaceAll(EVENT, (sequence) => {
      const event = parseMouse(sequence.slice(1));
      if (event !== undefined && event !== 'ignored') onEvent(event);
      return '';
    });
    const [begin = ''] = BEGIN.exec(rest) ?? [];
    held = begin;
    return rest.slice(0, rest.length - begin.length);
  };
}
