import { type MouseEvent, parseMouse } from './mouse.js';

export interface MouseInput {
  /** The terminal's input without what its mouse said. Ink drops that, and only reads what is typed. */
  readonly stdin: NodeJS.ReadStream;
  /** Calls back for each event; gives the function that ends this. */
  listen(listener: (event: MouseEvent) => void): () => void;
}

/** Takes the mouse's events out of what Ink reads; all else of the stream is as it was. */
export function createMouseInput(stdin: NodeJS.ReadStream): MouseInput {
  const listeners = new Set<(event: MouseEvent) => void>();
  const filter = createMouseFilter((event) => {
    for (const listener of listeners) listener(event);
  });
  const read = () => {
    for (;;) {
      const chunk: Buffer | string | null = stdin.read();
      if (chunk === null) return null;
      const rest = filter(String(chunk));
      if (rest !== '') return rest;
    }
  };
  return {
    stdin: new Proxy(stdin, {
      get: (target, property) => {
        if (property === 'read') return read;
        const value: unknown = Reflect.get(target, property, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
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
