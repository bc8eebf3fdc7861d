import type { CommandContext } from './command-context.js';
import { nameSome, openConfirm } from './questions.js';
import { nameShells } from './session-commands.js';

interface Leaving {
  /** Such as `Leave`. */
  readonly question: string;
  readonly verb: string;
  leave(): void;
}

/** Transfers and shells end with the engine on the screen: where some run, that is asked. */
export function leaveEngine(context: CommandContext, { question, verb, leave }: Leaving): void {
  const { workspace } = context;
  const running = workspace.transfers.getState().transfers.filter(({ status }) => status === 'running');
  const transfers = nameSome(running.map(({ request }) => `the ${request.kind} of ${request.name}`));
  const shells = nameShells(context);
  if (transfers === '' && shells === '') {
    leave();
    return;
  }
  const ends = [...(transfers === '' ? [] : [`cancel ${transfers}`]), ...(shells === '' ? [] : [`end ${shells}`])];
  openConfirm(workspace, {
    question: `${question} and ${ends.join(' and ')}?`,
    lines: [transfers === '' ? 'What runs in it is hung up.' : 'Nothing of what is not whole stays.'],
    verb,
    confirm: leave,
  });
}
