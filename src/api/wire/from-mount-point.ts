import type { ContainerMount } from '../../model/container-mount.js';
import type { VolumeName } from '../../model/ids.js';
import { type JsonObject, toList, toObject, toText, toTextMap } from '../../model/json-values.js';
import type { MountPropagation } from '../../model/mount-words.js';

/** What names of volumes are that Docker made itself. */
const ANONYMOUS = /^[0-9a-f]{64}$/;

/** The `Mounts` of a container, the other direction of mount.ts; those of `--tmpfs` are in HostConfig alone. */
export function fromWireMountPoints(value: unknown, host: JsonObject): readonly ContainerMount[] {
  const told = toList(value).flatMap(fromWireMountPoint);
  const targets = new Set(told.map(({ target }) => target));
  const more = Object.entries(toTextMap(host['Tmpfs']))
    .filter(([target]) => !targets.has(target))
    .map(([target, options]) => ({ type: 'tmpfs' as const, target, readOnly: options.split(',').includes('ro') }));
  return [...told, ...more];
}

function fromWireMountPoint(value: unknown): readonly ContainerMount[] {
  const wire = toObject(value);
  const common = { target: toText(wire['Destination']), readOnly: wire['RW'] === false };
  const source = toText(wire['Source']);
  switch (toText(wire['Type'])) {
    case 'bind':
      return [
        {
          type: 'bind',
          source,
          ...common,
          propagation: (toText(wire['Propagation']) || 'rprivate') as MountPropagation,
        },
      ];
    case 'volume': {
      const name = toText(wire['Name']) as VolumeName;
      return [{ type: 'volume', name, source, ...common, anonymous: ANONYMOUS.test(name) }];
    }
    case 'tmpfs':
      return [{ type: 'tmpfs', ...common }];
    default:
      // Images and clusters' volumes, which Gantry has no words for.
      return [];
  }
}
