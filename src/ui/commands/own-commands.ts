import { hasProcess } from '../../model/container-state.js';
import { messageOf } from '../../model/errors.js';
import { referImage } from '../../store/image-rows.js';
import type { Workspace } from '../../store/workspace.js';
import { expandOwnCommand, type OwnCommand, type OwnFields } from '../own-command-file.js';
import type { CommandContext } from './command-context.js';
import { openMenu, openText } from './questions.js';

/** Lines of output that are kept, the last ones. */
const KEPT_LINES = 2000;

/** A menu of the user's own commands for the selected row. */
export function chooseOwnCommand(context: CommandContext): void {
  const { workspace, ownCommands } = context;
  const { list } = workspace.view.getState();
  const fields = fieldsOf(workspace);
  const commands = ownCommands.filter((command) => command.context === list);
  if (commands.length === 0) {
    workspace.view.say('info', `no commands of your own for ${list}: commands.json has them (docs/screen.md)`);
    return;
  }
  if (fields === undefined) {
    workspace.view.say('info', 'nothing is selected');
    return;
  }
  const items = commands.map((command) => {
    const line = expandOwnCommand(command.command, fields);
    return { label: command.name, hint: line, choose: () => void run(context, command, line) };
  });
  openMenu(workspace, 'Your commands', items);
}

/** The fields of the selected row, as own-command-file.ts names them. */
function fieldsOf(workspace: Workspace): OwnFields | undefined {
  switch (workspace.view.getState().list) {
    case 'containers': {
      const container = workspace.selectedContainer();
      if (container === undefined) return undefined;
      const { id, name, config, state, networks } = container;
      const pid = hasProcess(state) ? String(state.init.pid) : '';
      const Address = networks.find(({ ipAddress }) => ipAddress !== undefined)?.ipAddress ?? '';
      return { ID: id, Name: name, Image: config.image, Pid: pid, Address };
    }
    case 'images': {
      const row = workspace.selectedImage();
      return row?.kind === 'image' ? { ID: row.image.id, Name: referImage(row.image) } : undefined;
    }
    case 'volumes': {
      const volume = workspace.selectedVolume();
      return volume && { Name: volume.name, Mountpoint: volume.mountpoint };
    }
    case 'networks': {
      const network = workspace.selectedNetwork();
      return network && { ID: network.id, Name: network.name, Subnet: network.pools[0]?.subnet ?? '' };
    }
  }
}

async function run(context: CommandContext, command: OwnCommand, line: string): Promise<void> {
  const { workspace, programs, lend } = context;
  const done = workspace.commands.begin(line);
  const lines: string[] = [];
  try {
    let code = 0;
    if (command.isForeground) {
      await lend(async () => {
        code = await programs.runInTerminal(line);
      });
    } else {
      workspace.view.say('busy', line);
      code = await programs.run(line, (text) => {
        lines.push(text);
        if (lines.length > KEPT_LINES) lines.shift();
      });
    }
    tell(workspace, command, code, lines);
    done(code === 0 ? 'ok' : 'failed', code === 0 ? undefined : `exit ${code}`);
  } catch (error) {
    done('failed', messageOf(error));
    workspace.view.say('error', messageOf(error));
  }
}

/** What the user has opened meanwhile stays. */
function tell(workspace: Workspace, { name }: OwnCommand, code: number, lines: readonly string[]): void {
  const { view } = workspace;
  view.say(code === 0 ? 'ok' : 'error', code === 0 ? `${name} ended` : `${name} ended with exit ${code}`);
  if (lines.length > 0 && view.getState().dialog === undefined) openText(workspace, name, lines);
}
