import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

/** Reads a log across its rotations, as native/log.h says it can be done, until `isEnded` and the end of the file. */
export async function followLog(path: string, isEnded: () => boolean): Promise<string> {
  const pieces: Buffer[] = [];
  const buffer = Buffer.alloc(65_536);
  let file = openSync(path, 'r');
  for (;;) {
    const ended = isEnded();
    const isCurrent = statSync(path).ino === fstatSync(file).ino;
    for (let count = readSync(file, buffer); count > 0; count = readSync(file, buffer)) {
      pieces.push(Buffer.from(buffer.subarray(0, count)));
    }
    if (!isCurrent) {
      const next = pathAfter(path, fstatSync(file).ino);
      closeSync(file);
      file = openSync(next, 'r');
    } else if (ended) {
      closeSync(file);
      return Buffer.concat(pieces).toString();
    } else {
      await delay(1);
    }
  }
}

/** The file that was begun when the one with this inode was rotated; a reader that is late may find several. */
function pathAfter(path: string, inode: number): string {
  for (let number = 1; ; number += 1) {
    const status = statSync(`${path}.${number}`, { throwIfNoEntry: false });
    if (status === undefined || status.ino === inode) {
      return number === 1 || status === undefined ? path : `${path}.${number - 1}`;
    }
  }
}
