import type { Container, ContainerState, ExitedState } from '../../model/container.js';
import { formatSignal } from '../../model/signals.js';
import type { Command } from '../command.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from './format.js';
import { fillParagraph } from './text-lines.js';

/** Why a container does not run, and in one line what to do next; nothing of one that runs. At most `width` cells. */
export function exitLines(context: PaintContext, container: Container, width: number): readonly string[] {
  const { theme } = context;
  const { state } = container;
  const paragraph = (text: string, isCalm: boolean) =>
    fillParagraph(text, width).map((line) => theme.style(isCalm ? 'muted' : 'error', line));
  switch (state.status) {
    case 'exited':
      return [
        ...paragraph(explainExit(context, container, state), state.exitCode === 0),
        nextSteps(context, stepsAfter(state)),
      ];
    case 'restarting':
      return paragraph(explainRestart(context, state), false);
    case 'created':
      return [theme.style('muted', 'not started yet'), nextSteps(context, [['start-stop', 'start'], REMOVE])];
    case 'dead':
      return [...paragraph(`cannot be removed: ${state.reason}`, false), nextSteps(context, [REMOVE])];
    default:
      return [];
  }
}

/** Such as `exit 137: killed by SIGKILL, 10 s after SIGTERM: it did not stop in time`. */
function explainExit(context: PaintContext, container: Container, state: ExitedState): string {
  const { exitCode, error } = state;
  const code = `exit ${exitCode}:`;
  if (state.oomKilled) return `${code} killed by the OOM killer (SIGKILL)${memoryText(context, container, state)}`;
  if (error !== undefined && error !== '') {
    const what = meaningOf(exitCode) ?? (state.startedAtMs === 0 ? 'not started' : 'ended');
    return `${code} ${what}: ${shortenError(error)}`;
  }
  const signal = exitCode - 128;
  const sender = signal >= 1 && signal <= 64 ? senderText(context, container, signal) : '';
  return `${code} ${sender === '' ? meaningOfExit(exitCode) : `killed by ${formatSignal(signal)}${sender}`}`;
}

/** What an exit code says by itself, such as `killed by SIGSEGV: it used memory that is not its own`. */
export function meaningOfExit(exitCode: number): string {
  const signal = exitCode - 128;
  if (signal >= 1 && signal <= 64) {
    const cause = CAUSES[signal];
    return `killed by ${formatSignal(signal)}${cause === undefined ? '' : `: ${cause}`}`;
  }
  return meaningOf(exitCode) ?? (exitCode === 0 ? 'ended by itself, no error' : 'ended by itself with an error');
}

/** What mostly sends a signal that ends a program. signal(7) */
const CAUSES: Readonly<Record<number, string>> = {
  1: 'its terminal has gone',
  2: 'ctrl-c',
  4: 'an instruction that this CPU does not know',
  6: 'it gave up, abort(3)',
  7: 'it used memory that cannot be had',
  8: 'a division by zero',
  9: 'from outside, or by its own shell',
  11: 'it used memory that is not its own',
  13: 'nobody read what it wrote',
  15: 'it was asked to end',
  24: 'its limit of CPU time',
  25: 'its limit of file size',
  31: 'a system call that seccomp forbids',
};

/** Without the words that Docker's scripts look for around what went wrong. */
function shortenError(error: string): string {
  return error.replace(/^.*OCI runtime create failed: /, '').replace(/: unknown$/, '');
}

/** What Docker and shells mean by the three codes below the signals. */
function meaningOf(exitCode: number): string | undefined {
  if (exitCode === 125) return 'the engine could not run it';
  if (exitCode === 126) return 'the command is there but cannot be executed';
  return exitCode === 127 ? 'command not found' : undefined;
}

/** The limit in force when it was read last, and the use then: an eager program takes the rest within the second. */
function memoryText({ workspace }: PaintContext, { id, limits }: Container, { finishedAtMs }: ExitedState): string {
  const read = workspace.stats.getState().histories.get(id)?.latest;
  const limit = read?.memory.limitBytes ?? limits.memoryBytes;
  const at = limit === undefined ? ': the host had no memory left' : ` at its memory limit of ${formatBytes(limit)}`;
  if (read === undefined) return at;
  const seconds = Math.max(0, (finishedAtMs - read.atMs) / 1000).toFixed(1);
  return `${at}; it used ${formatBytes(read.memory.currentBytes)} ${seconds} s before`;
}

/** Who has sent the signal, where the events tell. */
function senderText({ workspace }: PaintContext, { id }: Container, signal: number): string {
  const { events } = workspace.events.getState();
  const own = events.filter((event) => event.type === 'container' && event.id === id);
  const life = own.slice(own.findLastIndex(({ action }) => action === 'start') + 1);
  const kills = life.filter(({ action }) => action === 'kill');
  const last = kills.findLast(({ attributes }) => Number(attributes['signal']) === signal);
  if (last === undefined) return '';
  const before = kills.find((event) => event !== last && Number(event.attributes['signal']) !== signal);
  if (before === undefined) return ', sent by stop or kill';
  const seconds = Math.round((last.atMs - before.atMs) / 1000);
  return `, ${seconds} s after ${formatSignal(Number(before.attributes['signal']))}: it did not stop in time`;
}

function explainRestart(
  context: PaintContext,
  { lastExitCode, nextAttemptAtMs }: Extract<ContainerState, { status: 'restarting' }>,
): string {
  const wait = Math.max(0, nextAttemptAtMs - context.now());
  const signal = lastExitCode - 128;
  const by = meaningOf(lastExitCode) ?? (signal >= 1 && signal <= 64 ? `killed by ${formatSignal(signal)}` : '');
  return `exit ${lastExitCode}${by === '' ? '' : `: ${by}`}; started again in ${formatAge(wait)}`;
}

type Step = readonly [command: Command, text: string];

const LOGS: Step = ['show-logs', 'logs'];
const START: Step = ['start-stop', 'start again'];
const REMOVE: Step = ['remove', 'remove'];
const RUN: Step = ['run', 'run another command'];
const TUNE: Step = ['tune', 'raise its memory'];
const CHANGES: Step = ['show-layers', 'what it changed'];

function stepsAfter(state: ExitedState): readonly Step[] {
  if (state.oomKilled) return [TUNE, START, LOGS, REMOVE];
  if (state.exitCode >= 125 && state.exitCode <= 128) return [RUN, LOGS, START, REMOVE];
  return [LOGS, START, CHANGES, REMOVE];
}

function nextSteps({ theme, bindings }: PaintContext, steps: readonly Step[]): string {
  return steps
    .map(
      ([command, text]) =>
        `${theme.style('key', keyOf(bindings, command, 'containers'))} ${theme.style('muted', text)}`,
    )
    .join('   ');
}
