import { PassThrough } from 'node:stream';

/** The stream that Ink reads keys from: what was typed, but for what somebody else takes. */
export interface InkInput extends PassThrough {
  readonly isTTY: true;
  isRaw: boolean;
  setRawMode(isRaw: boolean): this;
  ref(): this;
  unref(): this;
}

/**
 * Ink takes what is typed apart and tells keys only; a program in a session wants the bytes as they came. `take` gets them first and
 * gives those that are left for Ink. Ink has the terminal while it is in raw mode, and lets it go with that.
 */
export function createInkInput(terminal: NodeJS.ReadStream, take: (bytes: Buffer) => Uint8Array): InkInput {
  const stream = new PassThrough();
  const forward = (data: Buffer | string) => {
    const left = take(typeof data === 'string' ? Buffer.from(data) : data);
    if (left.length > 0) stream.write(left);
  };
  const input: InkInput = Object.assign(stream, {
    isTTY: true as const,
    isRaw: false,
    setRawMode: (isRaw: boolean) => {
      terminal.setRawMode(isRaw);
      input.isRaw = isRaw;
      terminal.off('data', forward);
      if (isRaw) terminal.on('data', forward).resume();
      return input;
    },
    ref: () => {
      terminal.ref();
      return input;
    },
    unref: () => {
      terminal.unref();
      return input;
    },
  });
  return input;
}
