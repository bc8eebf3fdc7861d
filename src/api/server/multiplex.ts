/** Which of the streams a frame is of: Docker Engine API, "Stream format". */
const TYPES = { stdout: 1, stderr: 2 } as const;
export const FRAME_HEADER_BYTES = 8;

export type FramedStream = keyof typeof TYPES;

/** Output of one of the two streams as a frame: its type, three zeros, its length as a big-endian number, and the bytes. */
export function toFrame(stream: FramedStream, bytes: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafe(FRAME_HEADER_BYTES + bytes.length);
  writeFrameHeader(frame, 0, { stream, length: bytes.length });
  frame.set(bytes, FRAME_HEADER_BYTES);
  return frame;
}

/** The header alone, into `target` at `offset`. */
export function writeFrameHeader(
  target: Buffer,
  offset: number,
  { stream, length }: { readonly stream: FramedStream; readonly length: number },
): void {
  target.writeUInt32BE(TYPES[stream] * 2 ** 24, offset);
  target.writeUInt32BE(length, offset + 4);
}
