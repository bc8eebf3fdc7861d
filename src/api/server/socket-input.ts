import type { Socket } from 'node:net';

/** What comes from a socket behind the body of a request, for one reader. */
export interface SocketInput {
  /** Ends with the other side's half. Throws when the connection has broken off. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Gives nothing more; resolves when all that was given is used, which the reader says by asking for more, or by going. */
  hold(): Promise<void>;
  resume(): void;
}

export function createSocketInput(socket: Socket, body: AsyncIterable<Uint8Array>): SocketInput {
  let isHeld = false;
  let isInUse = true;
  let wake = (): void => undefined;
  let tellUsed = (): void => undefined;
  const markUsed = (): void => {
    isInUse = false;
    tellUsed();
  };
  const look = (): void => wake();
  async function* readOn(): AsyncGenerator<Uint8Array> {
    while (isOpen(socket)) {
      markUsed();
      const bytes: Buffer | null = isHeld ? null : socket.read();
      if (bytes === null) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      } else {
        isInUse = true;
        yield bytes;
      }
    }
  }
  async function* read(): AsyncGenerator<Uint8Array> {
    for await (const _ of body);
    for (const event of EVENTS) socket.on(event, look);
    try {
      yield* readOn();
    } finally {
      for (const event of EVENTS) socket.off(event, look);
      markUsed();
    }
  }
  return {
    bytes: read(),
    hold: async () => {
      isHeld = true;
      if (!isInUse) return;
      await new Promise<void>((resolve) => {
        tellUsed = resolve;
      });
    },
    resume: () => {
      isHeld = false;
      wake();
    },
  };
}

const EVENTS = ['readable', 'end', 'close'] as const;

function isOpen(socket: Socket): boolean {
  if (socket.readableEnded) return false;
  if (socket.destroyed) throw new Error('the connection has broken off');
  return true;
}
