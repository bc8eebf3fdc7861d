import { writeFile } from 'node:fs/promises';
import type { LogsState } from './logs-store.js';

/** Writes the lines that are shown to a new file, with their times where asked. Gives how many; rejects as open(2) does. */
export async function saveLog(
  path: string,
  { ring, selection, sources }: LogsState,
  withTime: boolean,
): Promise<number> {
  selection.refresh();
  const lines: string[] = [];
  for (let place = 0; place < selection.count; place++) {
    const line = ring.line(selection.number(place));
    if (line === undefined) continue;
    const from = line.from === undefined ? '' : `${sources[line.from]?.name ?? ''}: `;
    const text = line.stream === 'mark' ? `---- ${line.time} ----\n` : from + line.text;
    lines.push(withTime && line.stream !== 'mark' ? `${line.time} ${text}` : text);
  }
  await writeFile(path, lines.join(''), { flag: 'wx', mode: 0o600 });
  return lines.length;
}
