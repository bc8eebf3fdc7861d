import { z } from 'zod/mini';
import { EngineError } from '../../model/errors.js';
import { omitUndefined } from '../../model/omit-undefined.js';
import type { VolumeConfig } from '../../model/volume.js';
import { goObject, goText, goTextMap } from './go-json.js';

/** The body of `POST /volumes/create`: Docker Engine API 1.51, VolumeCreateOptions. */
export const volumeCreateSchema = goObject({
  Name: goText,
  Driver: goText,
  DriverOpts: goTextMap,
  Labels: goTextMap,
  ClusterVolumeSpec: z.optional(z.looseObject({})),
});

/** Throws unavailable for a volume of a swarm. */
export function fromWireVolumeCreate(wire: z.output<typeof volumeCreateSchema>): VolumeConfig {
  if (wire.ClusterVolumeSpec !== undefined) {
    throw new EngineError('unavailable', 'volumes of a cluster need a swarm, and this node is not in one');
  }
  const hasOptions = Object.keys(wire.DriverOpts ?? {}).length > 0;
  return omitUndefined({
    name: wire.Name || undefined,
    driver: wire.Driver || undefined,
    labels: wire.Labels,
    options: hasOptions ? wire.DriverOpts : undefined,
  });
}
