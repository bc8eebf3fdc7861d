import { showPath } from '../../platform/tar/entry-path.js';
import type { ByteString } from '../../platform/tar/file-entry.js';

/** What a comparison of files tells, in words. */
export function showFile(path: ByteString): string {
  return `/${showPath(path)}`;
}

export function describeTime(seconds: number, nanoseconds: number): string {
  return `time ${seconds}.${String(nanoseconds).padStart(9, '0')}`;
}

/** `file`: as `showFile`. */
export function describeMissing(file: string): string {
  return `${file} is missing`;
}

export function describeStranger(file: string): string {
  return `${file} does not belong to it`;
}

export function describeOther(file: string, there: string, wanted: string): string {
  return `${file} differs: ${there} in place of ${wanted}`;
}
