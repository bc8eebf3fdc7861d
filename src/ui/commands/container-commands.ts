import type { Container } from '../../model/container.js';
import type { ContainerId } from '../../model/ids.js';
import { referImage } from '../../store/image-rows.js';
import { isAlive } from '../../store/list-rows.js';
import type { Project } from '../../store/listed-row.js';
import { readDependencies } from '../../store/project-order.js';
import { createRunForm } from '../../store/run-form.js';
import type { ProjectRun } from '../../store/run-project.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint, keyOf } from '../keymap.js';
import { formatBytes } from '../rows/format.js';
import type { KeyedContext } from './command-context.js';
import { listKeys } from './navigation.js';
import { nameSome, openConfirm, openMenu } from './questions.js';

const SIGNALS: readonly (readonly [string, string])[] = [
  ['SIGKILL', 'ends it at once'],
  ['SIGTERM', 'asks it to end'],
  ['SIGINT', 'as ctrl-c'],
  ['SIGHUP', 'often: read the configuration again'],
  ['SIGQUIT', 'often: end with a dump'],
  ['SIGUSR1', ''],
  ['SIGUSR2', ''],
];

/** The containers that an action is for: all marked ones, else those of the selected project, else the selected one. */
export function targets(workspace: Workspace): readonly Container[] {
  const { marked } = workspace.view.getState();
  const { byId } = workspace.containers.getState();
  if (marked.size > 0) return [...marked].flatMap((id) => byId.get(id) ?? []);
  const selected = workspace.selectedContainer();
  return selected === undefined ? (workspace.selectedProject()?.members ?? []) : [selected];
}

/** The project that an action is for as a whole. */
function wholeProject({ view, selectedProject }: Workspace): Project | undefined {
  return view.getState().marked.size > 0 ? undefined : selectedProject();
}

/** Starts them where none runs, else stops those that do. */
export function startOrStop(workspace: Workspace): void {
  if (targets(workspace).some(isAlive)) stopAll(workspace);
  else startAll(workspace);
}

export function startAll(workspace: Workspace): void {
  const ended = targets(workspace).filter((container) => !isAlive(container));
  askForProject(workspace, ended, {
    verb: 'start',
    lines: [],
    order: 'dependencies-first',
    perform: workspace.actions.start,
  });
}

export function stopAll(workspace: Workspace): void {
  ask(workspace, targets(workspace).filter(isAlive), {
    verb: 'stop',
    lines: ['It gets its stop signal and 10 s to end; then it is killed.'],
    order: 'dependents-first',
    perform: workspace.actions.stop,
  });
}

export function restart(workspace: Workspace): void {
  ask(workspace, targets(workspace), {
    verb: 'restart',
    lines: ['It is stopped and started again.'],
    order: 'dependencies-first',
    perform: workspace.actions.restart,
  });
}

export function pauseOrContinue(workspace: Workspace): void {
  const { actions } = workspace;
  const all = targets(workspace);
  const isPaused = ({ state }: Container) => state.status === 'paused';
  if (wholeProject(workspace) === undefined) {
    for (const container of all) void (isPaused(container) ? actions.unpause(container) : actions.pause(container));
    return;
  }
  // A project stands still as a whole, or runs on as a whole.
  const running = all.filter((container) => isAlive(container) && !isPaused(container));
  if (running.length > 0) askForProject(workspace, running, { verb: 'pause', lines: [], perform: actions.pause });
  else askForProject(workspace, all.filter(isPaused), { verb: 'unpause', lines: [], perform: actions.unpause });
}

export function chooseSignal(workspace: Workspace): void {
  const all = targets(workspace).filter(isAlive);
  if (all.length === 0) {
    workspace.view.say('info', 'not running: there is nothing to kill');
    return;
  }
  const items = SIGNALS.map(([signal, hint]) => ({
    label: signal,
    hint,
    choose: () => {
      for (const container of all) void workspace.actions.kill(container, signal);
    },
  }));
  openMenu(workspace, `Send to ${nameTargets(workspace, all)}`, items);
}

export function removeContainers({ workspace, bindings }: KeyedContext, isForced: boolean): void {
  const all = targets(workspace);
  const alive = all.filter(isAlive);
  if (alive.length > 0 && !isForced) {
    const [run, them] = alive.length === 1 ? ['runs', 'it'] : ['run', 'them'];
    const first = keyHint(bindings, 'start-stop', `stops ${them}`);
    const force = keyOf(bindings, 'remove-force', 'containers');
    const byForce = force === '' ? '' : `, ${force} removes ${them} by force`;
    workspace.view.say('info', `${nameAll(alive)} ${run}${first}${byForce}`);
    return;
  }
  const lines = [
    'Its file system and its log are lost; its image and named volumes stay.',
    ...(isForced ? ['Its anonymous volumes go too.'] : []),
    ...(alive.length > 0 ? [`${nameAll(alive)} ${alive.length === 1 ? 'runs and is' : 'run and are'} killed.`] : []),
  ];
  ask(workspace, all, {
    verb: isForced ? 'remove by force' : 'remove',
    lines,
    perform: (container) => workspace.actions.remove(container, { force: isForced, volumes: isForced }),
  });
}

/** Says which containers a prune would remove and what that frees, and asks. */
export async function pruneContainers(workspace: Workspace): Promise<void> {
  const preview = await workspace.actions.previewPrune();
  if (preview === undefined) return;
  const { byId } = workspace.containers.getState();
  const { removed, reclaimedBytes } = preview;
  if (removed.length === 0) {
    workspace.view.say('info', 'no stopped containers');
    return;
  }
  const names = removed.map((id) => byId.get(id as ContainerId)?.name ?? id.slice(0, 12));
  openConfirm(workspace, {
    question: `Remove ${removed.length} stopped container${removed.length === 1 ? '' : 's'}?`,
    lines: [nameSome(names, 12), `Frees ${formatBytes(reclaimedBytes)}: their files and logs are lost; volumes stay.`],
    verb: 'remove',
    confirm: () => void workspace.actions.prune(),
  });
}

/** Opens the run form for the selected image, or for that of the selected container. */
export function openRunForm(workspace: Workspace): void {
  const { list } = workspace.view.getState();
  const row = list === 'images' ? workspace.selectedImage() : undefined;
  const image = row?.kind === 'image' ? referImage(row.image) : row?.embedded.name;
  const resources = workspace.resources.getState();
  const { images, embedded } = resources;
  const fallback = images[0]?.repoTags[0] ?? embedded.find(({ unavailable }) => unavailable === undefined)?.name ?? '';
  const ofContainer = list === 'containers' ? workspace.selectedContainer()?.config.image : undefined;
  const form = createRunForm(image ?? ofContainer ?? fallback, resources);
  workspace.view.setState({ dialog: { kind: 'run', form } });
}

/** The key of the selected row of the current list. */
export function selectedKey(workspace: Workspace): string | undefined {
  const { list, lists } = workspace.view.getState();
  const keys = listKeys(workspace, list);
  const { selectedKey: key, index } = lists[list];
  return key !== undefined && keys.includes(key) ? key : keys[Math.min(index, keys.length - 1)];
}

interface Plan {
  readonly verb: string;
  /** What goes with it. */
  readonly lines: readonly string[];
  /** In which order the containers of a project come; absent: all at once. */
  readonly order?: ProjectRun['order'];
  perform(container: Container): Promise<boolean>;
}

/** Does it at once to single containers, and to a whole project after a question. */
function askForProject(workspace: Workspace, containers: readonly Container[], plan: Plan): void {
  if (wholeProject(workspace) !== undefined) ask(workspace, containers, plan);
  else for (const container of containers) void plan.perform(container);
}

function ask(workspace: Workspace, containers: readonly Container[], plan: Plan): void {
  const { verb, lines, order, perform } = plan;
  if (containers.length === 0) {
    workspace.view.say('info', `nothing to ${verb}`);
    return;
  }
  const project = wholeProject(workspace);
  openConfirm(workspace, {
    question: `${verb[0]?.toUpperCase()}${verb.slice(1)} ${nameTargets(workspace, containers)}?`,
    lines: project === undefined ? lines : [nameAll(containers, 12), ...orderLines(project, order), ...lines],
    verb,
    confirm: () => {
      workspace.view.setState({ marked: new Set() });
      if (project === undefined || order === undefined) for (const container of containers) void perform(container);
      else void workspace.runProject({ members: project.members, containers, order, perform });
    },
  });
}

function orderLines({ members }: Project, order: Plan['order']): readonly string[] {
  if (order === undefined || readDependencies(members).size === 0) return [];
  return order === 'dependents-first'
    ? ['What others depend on ends last.']
    : ['What others depend on comes first, and is waited for as compose notes it.'];
}

/** `web, db`, or the project with how many of it are meant: `project shop (2 of 3 containers)`. */
function nameTargets(workspace: Workspace, containers: readonly Container[]): string {
  const project = wholeProject(workspace);
  if (project === undefined) return nameAll(containers);
  const all = project.members.length;
  const count = containers.length === all ? String(all) : `${containers.length} of ${all}`;
  return `project ${project.name} (${count} container${all === 1 ? '' : 's'})`;
}

function nameAll(containers: readonly Container[], most?: number): string {
  return nameSome(
    containers.map(({ name }) => name),
    most,
  );
}
