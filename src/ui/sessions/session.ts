import { messageOf } from '../../model/errors.js';
import type { ContainerId } from '../../model/ids.js';
import { createEmulator, type Emulator } from '../terminal/emulator.js';
import { createDetachFilter, type SessionStreams } from '../terminal/session.js';
import { createLineDiscipline } from './line-discipline.js';

export type SessionKind = 'shell' | 'attach';

export type SessionStatus =
  | { readonly status: 'running' }
  /** Undefined where nobody has said with what. */
  | { readonly status: 'ended'; readonly exitCode: number | undefined }
  | { readonly status: 'broken'; readonly message: string };

/** A process of a container on a terminal of its own, which a pane shows. */
export interface Session {
  readonly id: number;
  readonly kind: SessionKind;
  readonly container: { readonly id: ContainerId; readonly name: string };
  readonly emulator: Emulator;
  readonly state: SessionStatus;
  /** To the program, as it was typed; ctrl-p ctrl-q is looked for. */
  type(bytes: Uint8Array): void;
  /** To the program as it is. */
  send(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
  /** Lets go of it: a shell ends by that (SIGHUP), an attached program goes on. */
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly id: number;
  readonly kind: SessionKind;
  readonly container: Session['container'];
  readonly streams: SessionStreams;
  readonly hasTerminal: boolean;
  /** Asked for at ctrl-c where the program has no terminal that would do it. */
  interrupt?(): void;
  readonly columns: number;
  readonly rows: number;
  /** Asked when the output has ended. */
  readExitCode(): Promise<number | undefined>;
  onDetach(): void;
  /** The screen of the program has changed: by so many bytes of output, or by something else than output. */
  onChange(bytes?: number): void;
}

/** Keeps the streams of a process on an emulator until it ends or is let go. */
export async function openSession(options: SessionOptions): Promise<Session> {
  const { id, kind, container, streams, hasTerminal, columns, rows, onChange } = options;
  let state: SessionStatus = { status: 'running' };
  let isClosed = false;
  const send = (bytes: Uint8Array) => {
    // A process that does not read any more ends the session by its output.
    if (bytes.length > 0 && state.status === 'running' && !isClosed) streams.write(bytes).catch(() => undefined);
  };
  const emulator = await createEmulator({
    columns,
    rows,
    hasTerminal,
    onAnswer: (text) => {
      // A program without a terminal takes an answer for something typed.
      if (hasTerminal) send(Buffer.from(text, 'latin1'));
    },
  });
  const typeLine = createLineDiscipline({
    echo: (text) => void emulator.write(Buffer.from(text)).then(() => onChange()),
    send,
    endInput: () => streams.closeStdin().catch(() => undefined),
    interrupt: () => options.interrupt?.(),
  });
  const detachFilter = createDetachFilter(options.onDetach);
  const end = (next: SessionStatus) => {
    state = next;
    onChange();
  };
  const read = async () => {
    try {
      for await (const { bytes } of streams.output) {
        if (isClosed) return;
        await emulator.write(bytes);
        onChange(bytes.length);
      }
      if (!isClosed) end({ status: 'ended', exitCode: await options.readExitCode() });
    } catch (error) {
      if (!isClosed) end({ status: 'broken', message: messageOf(error) });
    }
  };
  void read();
  return {
    id,
    kind,
    container,
    emulator,
    get state() {
      return state;
    },
    type: (bytes) => {
      if (emulator.scrolledLines > 0) {
        emulator.scrollToEnd();
        onChange();
      }
      const typed = detachFilter(bytes);
      if (hasTerminal) send(typed);
      else if (state.status === 'running' && !isClosed) typeLine(typed);
    },
    send,
    resize: (newColumns, newRows) => {
      emulator.resize(newColumns, newRows);
      // Without a terminal there is nothing to resize; the end of the output says what is broken.
      if (hasTerminal && state.status === 'running') streams.resize(newColumns, newRows).catch(() => undefined);
      onChange();
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      try {
        if (state.status === 'running') await streams.detach();
      } finally {
        emulator.close();
      }
    },
  };
}
