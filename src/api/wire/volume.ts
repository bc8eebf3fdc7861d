import type { Volume } from '../../model/volume.js';
import { toWireTime } from './time.js';

/** The answer of `GET /volumes/{name}`: Docker Engine API 1.51, Volume. */
export interface WireVolume {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: Readonly<Record<string, string>> | null;
  readonly Scope: string;
}

/** As Go writes a map. */
function sortKeys(options: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(options).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

export function toWireVolume(volume: Volume): WireVolume {
  return {
    CreatedAt: toWireTime(Math.floor(volume.createdAtMs / 1000) * 1000),
    Driver: volume.driver,
    Labels: Object.keys(volume.labels).length === 0 ? null : volume.labels,
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: volume.options === undefined ? null : sortKeys(volume.options),
    Scope: 'local',
  };
}
