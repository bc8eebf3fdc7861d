import { isProject, projectKey, rowKey } from '../../store/listed-row.js';
import { projectOf } from '../../store/project-rows.js';
import { keyOf } from '../keymap.js';
import type { CommandContext } from './command-context.js';

type ProjectCommand = 'group-projects' | 'fold-project';

export const PROJECT_RUNNERS: Readonly<Record<ProjectCommand, (context: CommandContext) => void>> = {
  'group-projects': toggleGrouping,
  'fold-project': toggleFold,
};

/** Projects above their containers, or all containers in one list; the selection stays where it is. */
function toggleGrouping({ workspace }: CommandContext): void {
  const { view, containers } = workspace;
  const groupsProjects = !view.getState().groupsProjects;
  const row = workspace.selectedRow();
  const selected = row !== undefined && isProject(row) ? row.members[0] : row;
  view.setState({ groupsProjects });
  if (selected !== undefined) view.setList('containers', { selectedKey: selected.id });
  const hasProject = [...containers.getState().byId.values()].some((each) => projectOf(each) !== undefined);
  if (groupsProjects && !hasProject) view.say('info', 'no container is of a compose project');
  else view.say('info', groupsProjects ? 'grouped by compose project' : 'not grouped');
}

/** Folds or unfolds the project of the selected row; the row of the project is selected then. */
function toggleFold({ workspace, bindings }: CommandContext): void {
  const { view } = workspace;
  const row = workspace.selectedRow();
  if (row === undefined) return;
  const name = isProject(row) ? row.name : projectOf(row);
  if (name === undefined) {
    view.say('info', `${isProject(row) ? '' : row.name} is of no compose project`);
  } else if (!view.getState().groupsProjects) {
    view.say('info', `not grouped: ${keyOf(bindings, 'group-projects')} groups by compose project`);
  } else {
    const foldedProjects = new Set(view.getState().foldedProjects);
    if (!foldedProjects.delete(name)) foldedProjects.add(name);
    view.setState({ foldedProjects });
    view.setList('containers', { selectedKey: foldedProjects.has(name) ? projectKey(name) : rowKey(row) });
  }
}
