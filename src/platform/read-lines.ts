/** Lines with their line feed, as they come; the last one may have none. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const part of bytes) {
    rest += decoder.decode(part, { stream: true });
    const lines = rest.split(/(?<=\n)/);
    rest = lines.at(-1)?.endsWith('\n') === false ? (lines.pop() ?? '') : '';
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}

/** The same without their line feeds, and without what breaks off in the middle of a line. */
export async function* readWholeLines(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  for await (const line of readLines(bytes)) {
    if (line.endsWith('\n')) yield line.slice(0, -1);
  }
}
