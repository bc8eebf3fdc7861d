import type { VolumeName } from '../../model/ids.js';
import type { Volume } from '../../model/volume.js';

/** A row's document as a volume. Throws where it is none: then the state database is broken. */
export function parseVolumeDocument(document: unknown): Volume {
  if (!isVolume(document)) throw new Error('the state database holds a volume that is none');
  return document;
}

function isVolume(value: unknown): value is Volume {
  if (typeof value !== 'object' || value === null) return false;
  const { name, mountpoint, createdAtMs, labels }: Partial<Record<keyof Volume, unknown>> = value;
  return (
    typeof (name as VolumeName) === 'string' &&
    typeof mountpoint === 'string' &&
    typeof createdAtMs === 'number' &&
    typeof labels === 'object'
  );
}
