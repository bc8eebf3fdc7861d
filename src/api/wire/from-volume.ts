import type { VolumeName } from '../../model/ids.js';
import { toObject, toText, toTextMap } from '../../model/json-values.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { Volume } from '../../model/volume.js';
import { fromWireTime } from './time.js';

/** The answer of `GET /volumes/{name}`, the other direction of volume.ts. */
export function fromWireVolume(value: unknown): Volume {
  const wire = toObject(value);
  const options = toTextMap(wire['Options']);
  return omitUndefined({
    name: toText(wire['Name']) as VolumeName,
    // Those of plug-ins keep their word.
    driver: (toText(wire['Driver']) || 'local') as Volume['driver'],
    mountpoint: toText(wire['Mountpoint']),
    createdAtMs: fromWireTime(toText(wire['CreatedAt'])),
    labels: toTextMap(wire['Labels']),
    options: Object.keys(options).length === 0 ? undefined : options,
  });
}
