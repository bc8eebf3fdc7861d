/** A terminal that is lent to the process of a container. */
export interface SessionTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
}

/** Both ends of the session; store/actions.ts gives them. */
export interface SessionStreams {
  readonly output: AsyncIterable<{ readonly bytes: Uint8Array }>;
  write(bytes: Uint8Array): Promise<void>;
  resize(columns: number, rows: number): Promise<void>;
  closeStdin(): Promise<void>;
  detach(): Promise<void>;
}

const CTRL_P = 0x10;
const CTRL_Q = 0x11;

/**
 * Joins the terminal, in raw mode, to a process until that ends or ctrl-p ctrl-q is typed. Rejects where a stream breaks; the
 * terminal is out of raw mode in any case.
 */
export async function runSession(
  { stdin, stdout }: SessionTerminal,
  streams: SessionStreams,
): Promise<'ended' | 'detached'> {
  let outcome: 'ended' | 'detached' = 'ended';
  const filter = createDetachFilter(() => {
    outcome = 'detached';
    void streams.detach();
  });
  const onData = (data: Buffer | string) => {
    const bytes = filter(typeof data === 'string' ? Buffer.from(data) : data);
    // A process that does not read any more ends the session by its output.
    if (bytes.length > 0) streams.write(bytes).catch(() => undefined);
  };
  const onResize = () => void streams.resize(stdout.columns, stdout.rows).catch(() => undefined);
  stdin.setRawMode(true);
  stdin.ref();
  stdin.on('data', onData);
  stdin.resume();
  stdout.on('resize', onResize);
  try {
    onResize();
    for await (const { bytes } of streams.output) {
      if (!stdout.write(bytes)) await new Promise((resolve) => stdout.once('drain', resolve));
    }
  } finally {
    // No pause(): its effect comes a tick later, when Ink reads again, and would stop that.
    stdin.off('data', onData);
    stdin.setRawMode(false);
    stdout.off('resize', onResize);
  }
  return outcome;
}

/** Passes bytes on, holding a ctrl-p back until the next one shows whether it begins Docker's detach sequence. */
export function createDetachFilter(onDetach: () => void): (bytes: Uint8Array) => Uint8Array {
  let isHolding = false;
  return (bytes) => {
    const out: number[] = [];
    for (const byte of bytes) {
      if (isHolding && byte === CTRL_Q) {
        isHolding = false;
        onDetach();
        break;
      }
      if (isHolding) out.push(CTRL_P);
      isHolding = byte === CTRL_P;
      if (!isHolding) out.push(byte);
    }
    return Uint8Array.from(out);
  };
}
