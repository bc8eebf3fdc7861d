import { EngineError } from '../../model/errors.js';
import type { AttachedStreams, AttachOptions, ConnectionOffer, HandOver } from '../engine.js';
import type { AttachChoice, MonitorClient } from '../isolation/monitor-client.js';

export type OutputChunk = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };

export interface StreamSource {
  /** Resolves with nothing when the container will not be started any more. */
  readonly client: Promise<MonitorClient | undefined>;
  /** Output that comes before the client's own. */
  readonly before?: AsyncIterable<OutputChunk>;
  readonly onDetach?: () => void;
  /** Told of what a client did, once it is done. */
  readonly tell?: (deed: StreamDeed) => void;
}

export type StreamDeed =
  | { readonly action: 'detach' }
  | { readonly action: 'resize'; readonly columns: number; readonly rows: number };

/** Output, unless the caller says which; stdin only where it is asked for. */
export function toAttachChoice({ stdin = false, stdout, stderr }: AttachOptions): AttachChoice {
  if (stdout === undefined && stderr === undefined) return { stdin, stdout: true, stderr: true };
  return { stdin, stdout: stdout ?? false, stderr: stderr ?? false };
}

/** The engine's streams over a connection that may be yet to come. They end by the signal, which detaches. */
export function createAttachedStreams(source: StreamSource, signal?: AbortSignal): AttachedStreams {
  const withClient = async (act: (client: MonitorClient) => Promise<void>): Promise<void> => {
    const client = await source.client;
    if (client === undefined) throw new EngineError('conflict', 'the container was not started');
    await act(client);
  };
  const leave = async (): Promise<boolean> => {
    signal?.removeEventListener('abort', onAbort);
    source.onDetach?.();
    const client = await source.client;
    client?.close();
    return client !== undefined;
  };
  const onAbort = (): void => void leave();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  const handOver = async ({ prepare, ...offer }: ConnectionOffer): Promise<HandOver | undefined> => {
    const client = await source.client;
    const taken = await client?.handOver(offer, prepare);
    return (
      taken && {
        begin: async (unused) => {
          const left = await taken.begin(unused);
          await leave();
          if (left === 'detached') source.tell?.({ action: 'detach' });
        },
      }
    );
  };
  return {
    output: readOutput(source),
    write: (bytes) => withClient((client) => client.write(bytes)),
    closeStdin: () => withClient((client) => client.closeStdin()),
    resize: async (columns, rows) => {
      await withClient((client) => client.resize(columns, rows));
      source.tell?.({ action: 'resize', columns, rows });
    },
    detach: async () => {
      if (await leave()) source.tell?.({ action: 'detach' });
    },
    // What is replayed is this process' to write.
    ...(source.before === undefined && { handOver }),
  };
}

async function* readOutput({ client, before }: StreamSource): AsyncGenerator<OutputChunk> {
  if (before !== undefined) yield* before;
  const connected = await client;
  if (connected !== undefined) yield* connected.output;
}
