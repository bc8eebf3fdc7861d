import { type MouseEvent, type MouseReport, parseMouseReport, toMouseEvent } from './mouse.js';

export interface MouseInput {
  /** Gives what the terminal has sent without what its mouse said. */
  take(bytes: Buffer): Buffer;
  /** Calls back for each event; gives the function that ends this. */
  listen(listener: (event: MouseEvent) => void): () => void;
  /** Who is asked before: true where the event is not for others. Gives the function that ends this. */
  intercept(taker: (report: MouseReport) => boolean): () => void;
}

/** Takes the mouse's events out of what comes from the terminal; all else goes on byte for byte. */
export function createMouseInput(): MouseInput {
  const listeners = new Set<(event: MouseEvent) => void>();
  const takers = new Set<(report: MouseReport) => boolean>();
  const filter = createMouseFilter(
    (event) => {
      for (const listener of listeners) listener(event);
    },
    (report) => [...takers].some((taker) => taker(report)),
  );
  return {
    take: (bytes) => Buffer.from(filter(bytes.toString('latin1')), 'latin1'),
    listen: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    intercept: (taker) => {
      takers.add(taker);
      return () => takers.delete(taker);
    },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const EVENT = /\x1b\[<\d+;\d+;\d+[Mm]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const BEGIN = /\x1b\[<[\d;]*$/;

/**
 * Gives a piece of input without the mouse's events; one that is cut between two pieces is put together. What `isTaken` says of a report
 * is no event.
 */
export function createMouseFilter(
  onEvent: (event: MouseEvent) => void,
  isTaken: (report: MouseReport) => boolean = () => false,
): (text: string) => string {
  let held = '';
  return (text) => {
    const rest = (held + text).replaceAll(EVENT, (sequence) => {
      const report = parseMouseReport(sequence.slice(1));
      if (report === undefined || isTaken(report)) return '';
      const event = toMouseEvent(report);
      if (event !== 'ignored') onEvent(event);
      return '';
    });
    const [begin = ''] = BEGIN.exec(rest) ?? [];
    held = begin;
    return rest.slice(0, rest.length - begin.length);
  };
}
