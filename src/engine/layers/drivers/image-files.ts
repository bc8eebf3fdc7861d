import { dirname, join } from 'node:path';

/** The file that a layer of the driver `erofs` is mounted from; src/engine/isolation/native/layer.c knows both names. */
const IMAGE = 'layer.erofs';
const TAR = 'layer.tar';

export function imageOf(place: string): string {
  return join(place, IMAGE);
}

export function tarOf(place: string): string {
  return join(place, TAR);
}

/** True for what is a lower layer of an overlay and no folder. */
export function isImage(path: string): boolean {
  return path.endsWith(`/${IMAGE}`);
}

/** Of the image at the path. */
export function tarBeside(image: string): string {
  return tarOf(dirname(image));
}
