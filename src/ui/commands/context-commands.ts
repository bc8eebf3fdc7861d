import type { Context } from '../../model/context.js';
import { messageOf } from '../../model/errors.js';
import type { CommandContext } from './command-context.js';
import { leaveEngine } from './leave.js';
import { openMenu } from './questions.js';

/** A menu of the contexts; the engine of the chosen one takes the place of this one. */
export async function chooseContext(context: CommandContext): Promise<void> {
  const { workspace, contexts } = context;
  if (contexts === undefined) {
    workspace.view.say('info', 'no other engine is known here');
    return;
  }
  try {
    const { contexts: all, current } = await contexts.readContexts();
    const items = all.map((each) => ({
      label: each.name,
      hint: hintOf(each, current),
      choose: () => change(context, each.name, current),
    }));
    const index = all.findIndex(({ name }) => name === current);
    openMenu(workspace, 'Show the engine of the context', items, Math.max(0, index));
  } catch (error) {
    workspace.view.say('error', messageOf(error));
  }
}

function hintOf({ name, description, host }: Context, current: string | undefined): string {
  return [name === current ? 'shown now' : '', host ?? '', description].filter((part) => part !== '').join('  ');
}

function change(context: CommandContext, name: string, current: string | undefined): void {
  const { workspace, contexts } = context;
  if (name === current) workspace.view.say('info', `the engine of ${name} is the one that is shown`);
  else
    leaveEngine(context, {
      question: `Go to the engine of ${name}`,
      verb: 'go',
      leave: () => void contexts?.show(name),
    });
}
