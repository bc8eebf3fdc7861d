import type { ContainerState } from '../../model/container.js';
import type { Glyphs } from '../terminal/glyphs.js';
import type { Theme, Token } from '../terminal/theme.js';

export interface StateLook {
  readonly glyph: keyof Glyphs['state'];
  readonly word: string;
  readonly token: Token;
}

/** A state as a glyph and a word: never colour alone. */
export function describeState(state: ContainerState): StateLook {
  switch (state.status) {
    case 'running':
      return describeRunning(state.health?.status);
    case 'paused':
      return { glyph: 'paused', word: 'paused', token: 'paused' };
    case 'exited':
      return describeExit(state);
    case 'created':
      return { glyph: 'created', word: 'created', token: 'muted' };
    case 'restarting':
      return { glyph: 'restarting', word: 'restart', token: 'warning' };
    case 'removing':
      return { glyph: 'removing', word: 'removing', token: 'muted' };
    case 'dead':
      return { glyph: 'failed', word: 'dead', token: 'error' };
  }
}

export function formatState(state: ContainerState, theme: Theme, glyphs: Glyphs): string {
  const { glyph, word, token } = describeState(state);
  return theme.style(token, `${glyphs.state[glyph]} ${word}`);
}

/** The end of a container in words: `137: killed by the OOM killer`, as against `137: killed by SIGKILL`. */
export function explainExit(state: Extract<ContainerState, { status: 'exited' }>): string {
  if (state.error !== undefined && state.error !== '') return `not started: ${state.error}`;
  if (state.oomKilled) return `${state.exitCode}: killed by the OOM killer, its memory limit was reached`;
  const signal = SIGNALS[state.exitCode - 128];
  if (signal !== undefined) return `${state.exitCode}: killed by ${signal}`;
  if (state.exitCode === 127) return '127: command not found';
  if (state.exitCode === 126) return '126: command cannot be executed';
  return state.exitCode === 0 ? '0: ended by itself, no error' : `${state.exitCode}: ended by itself with an error`;
}

const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  4: 'SIGILL',
  6: 'SIGABRT',
  7: 'SIGBUS',
  8: 'SIGFPE',
  9: 'SIGKILL',
  11: 'SIGSEGV',
  13: 'SIGPIPE',
  14: 'SIGALRM',
  15: 'SIGTERM',
};

function describeRunning(health: 'starting' | 'healthy' | 'unhealthy' | undefined): StateLook {
  if (health === 'unhealthy') return { glyph: 'running', word: 'sick', token: 'error' };
  if (health === 'starting') return { glyph: 'running', word: 'starts', token: 'warning' };
  return { glyph: 'running', word: 'up', token: 'ok' };
}

function describeExit(state: Extract<ContainerState, { status: 'exited' }>): StateLook {
  if (state.oomKilled) return { glyph: 'failed', word: `oom ${state.exitCode}`, token: 'error' };
  if (state.exitCode === 0) return { glyph: 'exited', word: 'exit 0', token: 'muted' };
  return { glyph: 'failed', word: `err ${state.exitCode}`, token: 'error' };
}
