import { join } from 'node:path';
import { driverRoot } from './storage-driver.js';

/**
 * The file that says which thin device a layer of the driver `devicemapper` is; src/engine/isolation/native/thin-layer.h knows the
 * names. What is written to has the one, what never is again the other.
 */
const ROOT = 'root.thin';
const LAYER = 'layer.thin';

export function deviceRootOf(place: string): string {
  return join(place, ROOT);
}

export function deviceLayerOf(place: string): string {
  return join(place, LAYER);
}

/** The folder of the pool's files in a state root. */
export function poolOf(root: string): string {
  return join(driverRoot(root, 'devicemapper'), 'pool');
}

/** True for what is a root and no folder: it can be looked into only where it is mounted. */
export function isDevice(path: string): boolean {
  return path.endsWith(`/${ROOT}`) || path.endsWith(`/${LAYER}`);
}
