import type { ProcessRow } from '../../engine/engine.js';
import { toList, toObject, toTexts } from '../../model/json-values.js';

/** What ps(1) is asked for; the titles are the same with Gantry's own answer. */
export const TOP_ARGUMENTS = '-e -o user,pid,ppid,stime,tty,time,rss,cmd';

/** The answer of `GET /containers/{id}/top`, the other direction of top.ts. What a column does not tell is 0 or empty. */
export function fromWireTop(value: unknown, nowMs: number): readonly ProcessRow[] {
  const wire = toObject(value);
  const titles = toTexts(wire['Titles']);
  return toList(wire['Processes']).map((row) => {
    const cells = toTexts(row);
    const cell = (...names: readonly string[]): string => cells[titles.findIndex((one) => names.includes(one))] ?? '';
    return {
      pid: Number(cell('PID')) || 0,
      ppid: Number(cell('PPID')) || 0,
      user: cell('USER', 'UID'),
      cpuSeconds: parseCpuTime(cell('TIME')),
      startedAtMs: parseStart(cell('STIME', 'START'), nowMs),
      terminal: cell('TTY', 'TT'),
      rssBytes: (Number(cell('RSS')) || 0) * 1024,
      command: cell('CMD', 'COMMAND'),
    };
  });
}

/** `[DD-]HH:MM:SS`. */
function parseCpuTime(text: string): number {
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] =
    /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)$/.exec(text) ?? [];
  return ((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds);
}

/** `HH:MM` of the last day, or a day such as `Nov28`; the minute is all that ps tells. */
function parseStart(text: string, nowMs: number): number {
  const clock = /^(\d{2}):(\d{2})$/.exec(text);
  const moment = new Date(nowMs);
  if (clock !== null) {
    moment.setHours(Number(clock[1]), Number(clock[2]), 0, 0);
    return moment.getTime() > nowMs ? moment.getTime() - 24 * 3_600_000 : moment.getTime();
  }
  const day = Date.parse(`${text.replace(/^([A-Z][a-z]{2})(\d+)$/, '$1 $2')} ${moment.getFullYear()}`);
  return Number.isNaN(day) ? nowMs : day;
}
