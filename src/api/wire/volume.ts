import type { Volume } from '../../model/volume.js';
import { toWireTime } from './time.js';

/** The answer of `GET /volumes/{name}`: Docker Engine API 1.51, Volume. */
export interface WireVolume {
  readonly CreatedAt: string;
  readonly Driver: string;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: null;
  readonly Scope: string;
}

export function toWireVolume(volume: Volume): WireVolume {
  return {
    CreatedAt: toWireTime(Math.floor(volume.createdAtMs / 1000) * 1000),
    Driver: volume.driver,
    Labels: Object.keys(volume.labels).length === 0 ? null : volume.labels,
    Mountpoint: volume.mountpoint,
    Name: volume.name,
    Options: null,
    Scope: 'local',
  };
}
