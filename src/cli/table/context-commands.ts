import type { CommandSpec } from '../command-spec.js';
import { FORMAT, MANY } from './shared-flags.js';

/** Commands for names of engines. */
export const CONTEXT_COMMANDS: readonly CommandSpec[] = [
  {
    names: ['context create'],
    usage: '[OPTIONS] CONTEXT',
    summary: 'Give an engine a name',
    flags: [
      { long: 'description', kind: 'string', summary: 'What it is' },
      {
        long: 'docker',
        kind: 'string',
        word: 'host=URL',
        summary: 'Where it is: host=unix://PATH, tcp://HOST, ssh://HOST',
      },
    ],
    operands: [1, 1],
    load: async () => (await import('../commands/context.js')).createContext,
  },
  {
    names: ['context inspect'],
    usage: '[CONTEXT] [CONTEXT...]',
    summary: 'Print where contexts lead',
    flags: [],
    operands: [0, MANY],
    load: async () => (await import('../commands/context.js')).inspectContexts,
  },
  {
    names: ['context ls', 'context list'],
    usage: '[OPTIONS]',
    summary: 'List contexts',
    flags: [FORMAT, { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print names only' }],
    operands: [0, 0],
    load: async () => (await import('../commands/context.js')).listContexts,
  },
  {
    names: ['context rm', 'context remove'],
    usage: '[OPTIONS] CONTEXT [CONTEXT...]',
    summary: 'Remove contexts',
    flags: [{ long: 'force', short: 'f', kind: 'bool', summary: 'Remove the one in use too' }],
    operands: [1, MANY],
    load: async () => (await import('../commands/context.js')).removeContexts,
  },
  {
    names: ['context show'],
    usage: '',
    summary: 'Print the context in use',
    flags: [],
    operands: [0, 0],
    load: async () => (await import('../commands/context.js')).showContext,
  },
  {
    names: ['context use'],
    usage: 'CONTEXT',
    summary: "Speak to this engine from now on; 'default' is the one of this process",
    flags: [],
    operands: [1, 1],
    load: async () => (await import('../commands/context.js')).useContext,
  },
];
