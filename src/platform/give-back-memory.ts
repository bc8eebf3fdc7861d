/**
 * Frees the memory behind bytes that nobody will look at again, where they are the last of it: what a stream has cut from the same piece
 * before them is gone too. Left to the garbage collector, a gigabyte of short-lived parts costs it more time than inflating them
 * takes, since each few megabytes outside its heap make it look through all of that.
 */
export function giveBackMemory({ buffer, byteOffset, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || byteOffset + byteLength !== buffer.byteLength) return;
  // What Buffer cuts small pieces from is shared by the whole process.
  if (byteOffset === 0 || buffer.byteLength > Buffer.poolSize) buffer.transfer(0);
}
