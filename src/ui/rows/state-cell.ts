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
