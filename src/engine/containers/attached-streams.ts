import { EngineError } from '../../model/errors.js';
import type { AttachedStreams, AttachOptions } from '../engine.js';
import type { AttachChoice, MonitorClient } from '../isolation/monitor-client.js';

export type OutputChunk = { readonly stream: 'stdout' | 'stderr'; readonly bytes: Uint8Array };

export interface StreamSource {
  /** Resolves with nothing when the container will not be started any more. */
  readonly client: Promise<MonitorClient | undefined>;
  /** Output that comes before the client's own. */
  readonly before?: AsyncIterable<OutputChunk>;
  readonly onDetach?: () => void;
}

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
  const detach = async (): Promise<void> => {
    signal?.removeEventListener('abort', onAbort);
    source.onDetach?.();
    (await source.client)?.close();
  };
  const onAbort = (): void => void detach();
  if (signal?.aborted) onAbort();
  signal?.addEventListener('abort', onAbort);
  return {
    output: readOutput(source),
    write: (bytes) => withClient((client) => client.write(bytes)),
    closeStdin: () => withClient((client) => client.closeStdin()),
    resize: (columns, rows) => withClient((client) => client.resize(columns, rows)),
    detach,
  };
}

async function* readOutput({ client, before }: StreamSource): AsyncGenerator<OutputChunk> {
  if (before !== undefined) yield* before;
  const connected = await client;
  if (connected !== undefined) yield* connected.output;
}
