import type { Limits } from '../../../model/limits.js';
import type { KernelFiles } from '../../../platform/kernel-file.js';
import type { KernelWrite } from './kernel-writes.js';
import { findDeviceNumber, type LimitsChange, listWeightChanges } from './limit-values.js';

/** The file with lines of `8:0 500`, and how it counts. */
export interface WeightFile {
  readonly path: string;
  /** Docker's 10..1000 in the file's own scale. */
  toHeld(weight: number): number;
  /** Back; several weights of ours can be one of the file's: then the one that was asked for. */
  toWeight(held: number, asked: number): number;
}

interface WeightGroup {
  readonly files: KernelFiles;
  toMajorMinor(path: string): string;
}

export function planDeviceWeights(
  group: WeightGroup,
  file: WeightFile | undefined,
  { before, after, changed }: LimitsChange,
): readonly KernelWrite[] {
  if (file === undefined || !changed.has('blkioWeightDevices')) return [];
  return [...listWeightChanges(before.blkioWeightDevices, after.blkioWeightDevices)].map(([devicePath, weight]) => {
    const device = group.toMajorMinor(devicePath);
    const toOld = (text: string) => `${device} ${findDeviceNumber(text, device) ?? 'default'}`;
    return { path: file.path, value: `${device} ${weight === undefined ? 'default' : file.toHeld(weight)}`, toOld };
  });
}

/** Only devices that were asked for: the kernel knows numbers, not paths. */
export function readDeviceWeights(
  group: WeightGroup,
  file: WeightFile | undefined,
  { blkioWeightDevices: asked }: Limits,
): Limits {
  if (file === undefined || asked === undefined) return {};
  const text = group.files.readIfThere(file.path) ?? '';
  const blkioWeightDevices = asked.flatMap(({ path, weight }) => {
    const held = findDeviceNumber(text, group.toMajorMinor(path));
    return held === undefined ? [] : [{ path, weight: file.toWeight(held, weight) }];
  });
  return blkioWeightDevices.length === 0 ? {} : { blkioWeightDevices };
}
