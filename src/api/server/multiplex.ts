/** Which of the streams a frame is of: Docker Engine API, "Stream format". */
const TYPES = { stdout: 1, stderr: 2 } as const;
const HEADER = 8;

/** Output of one of the two streams as a frame: its type, three zeros, its length as a big-endian number, and the bytes. */
export function toFrame(stream: keyof typeof TYPES, bytes: Uint8Array): Uint8Array {
  const frame = Buffer.alloc(HEADER + bytes.length);
  frame[0] = TYPES[stream];
  frame.writeUInt32BE(bytes.length, 4);
  frame.set(bytes, HEADER);
  return frame;
}
