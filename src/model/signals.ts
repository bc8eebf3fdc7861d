/** Signal numbers of Linux on x86 and arm. signal(7). */
const NUMBERS: Readonly<Record<string, number>> = {
  HUP: 1,
  INT: 2,
  QUIT: 3,
  ILL: 4,
  TRAP: 5,
  ABRT: 6,
  BUS: 7,
  FPE: 8,
  KILL: 9,
  USR1: 10,
  SEGV: 11,
  USR2: 12,
  PIPE: 13,
  ALRM: 14,
  TERM: 15,
  STKFLT: 16,
  CHLD: 17,
  CONT: 18,
  STOP: 19,
  TSTP: 20,
  TTIN: 21,
  TTOU: 22,
  URG: 23,
  XCPU: 24,
  XFSZ: 25,
  VTALRM: 26,
  PROF: 27,
  WINCH: 28,
  IO: 29,
  PWR: 30,
  SYS: 31,
};

const ALIASES: Readonly<Record<string, number>> = { IOT: 6, CLD: 17, POLL: 29, UNUSED: 31 };

const RTMIN = 34;
const RTMAX = 64;

/** The number of a signal named `TERM`, `SIGTERM`, `sigterm`, `RTMIN+3` or `15`; undefined for anything else. */
export function parseSignal(text: string): number | undefined {
  if (/^\d+$/.test(text)) {
    const number = Number(text);
    return number >= 1 && number <= RTMAX ? number : undefined;
  }
  const name = text.toUpperCase().replace(/^SIG/, '');
  return NUMBERS[name] ?? ALIASES[name] ?? parseRealTime(name);
}

/** `SIGTERM` for 15; the number as text where there is no name. */
export function formatSignal(number: number): string {
  const name = Object.keys(NUMBERS).find((key) => NUMBERS[key] === number);
  return name === undefined ? formatRealTime(number) : `SIG${name}`;
}

function parseRealTime(name: string): number | undefined {
  const match = /^RT(?:MIN(?:\+(\d+))?|MAX(?:-(\d+))?)$/.exec(name);
  if (match === null) {
    return undefined;
  }
  const number = name.startsWith('RTMIN') ? RTMIN + Number(match[1] ?? 0) : RTMAX - Number(match[2] ?? 0);
  return number >= RTMIN && number <= RTMAX ? number : undefined;
}

function formatRealTime(number: number): string {
  return number >= RTMIN && number <= RTMAX ? `SIGRTMIN+${number - RTMIN}` : String(number);
}
