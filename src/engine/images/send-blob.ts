import type { Digest } from '../../model/ids.js';
import type { PushProgress } from '../../model/image.js';
import type { RegistryTarget } from '../registry/client/target.js';
import type { UploadedBlob } from '../registry/client/upload-session.js';

export interface SentBlob {
  readonly digest: Digest;
  readonly size: number;
  /** What the progress names it by; absent: nothing is told of it. */
  readonly name?: Digest;
  /** Another repository of the same registry that may have it; asked for where the target has it not. */
  findOther(): string | undefined;
  /** Where it must be sent. */
  open(): Promise<Pick<UploadedBlob, 'read'> & { discard(): void }>;
}

export interface SendOptions {
  readonly signal: AbortSignal;
  readonly report: (progress: PushProgress) => void;
}

/** Brings a blob into a repository: it is there, it is taken over from another one, or it is uploaded. Rejects as `uploadBlob`. */
export async function sendBlob(target: RegistryTarget, blob: SentBlob, { signal, report }: SendOptions): Promise<void> {
  signal.throwIfAborted();
  const { digest, size, name } = blob;
  const tell = (progress: (digest: Digest) => PushProgress) => name !== undefined && report(progress(name));
  if (await target.hasBlob(digest, signal)) {
    tell((id) => ({ phase: 'exists', digest: id }));
    return;
  }
  const from = blob.findOther();
  const mounted = from === undefined ? undefined : await target.mountBlob(digest, from, signal);
  if (mounted === 'mounted' && from !== undefined) {
    tell((id) => ({ phase: 'mounted', digest: id, from }));
    return;
  }
  const source = await blob.open();
  try {
    await target.uploadBlob(
      { digest, size, read: source.read },
      {
        signal,
        ...(mounted === undefined || mounted === 'mounted' ? {} : { begun: mounted }),
        onProgress: (doneBytes) => tell((id) => ({ phase: 'pushing', digest: id, doneBytes, totalBytes: size })),
      },
    );
  } finally {
    source.discard();
  }
  tell((id) => ({ phase: 'pushed', digest: id }));
}
