import type { Container } from '../../model/container.js';
import type { ContainerId } from '../../model/ids.js';
import { referImage } from '../../store/image-rows.js';
import { isAlive } from '../../store/list-rows.js';
import { createRunForm } from '../../store/run-form.js';
import type { Workspace } from '../../store/workspace.js';
import { formatBytes } from '../rows/format.js';
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

/** The containers that an action is for: all marked ones, else the selected one. */
export function targets(workspace: Workspace): readonly Container[] {
  const { marked } = workspace.view.getState();
  const { byId } = workspace.containers.getState();
  if (marked.size > 0) return [...marked].flatMap((id) => byId.get(id) ?? []);
  const selected = workspace.selectedContainer();
  return selected === undefined ? [] : [selected];
}

/** Starts them where none runs, else stops those that do. */
export function startOrStop(workspace: Workspace): void {
  if (targets(workspace).some(isAlive)) stopAll(workspace);
  else startAll(workspace);
}

export function startAll(workspace: Workspace): void {
  for (const container of targets(workspace)) if (!isAlive(container)) void workspace.actions.start(container);
}

export function stopAll(workspace: Workspace): void {
  ask(workspace, targets(workspace).filter(isAlive), {
    verb: 'stop',
    lines: ['It gets its stop signal and 10 s to end; then it is killed.'],
    act: workspace.actions.stop,
  });
}

export function restart(workspace: Workspace): void {
  ask(workspace, targets(workspace), {
    verb: 'restart',
    lines: ['It is stopped and started again.'],
    act: workspace.actions.restart,
  });
}

export function pauseOrContinue(workspace: Workspace): void {
  for (const container of targets(workspace)) {
    if (container.state.status === 'paused') void workspace.actions.unpause(container);
    else void workspace.actions.pause(container);
  }
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
  openMenu(workspace, `Send to ${nameAll(all)}`, items);
}

export function removeContainers(workspace: Workspace, isForced: boolean): void {
  const all = targets(workspace);
  const alive = all.filter(isAlive);
  if (alive.length > 0 && !isForced) {
    workspace.view.say('info', `${nameAll(alive)} runs: stop it first (s), or remove it by force (D)`);
    return;
  }
  const lines = [
    'Its file system and its log are lost; its image and named volumes stay.',
    ...(isForced ? ['Its anonymous volumes go too.'] : []),
    ...(alive.length > 0 ? [`${nameAll(alive)} runs and is killed.`] : []),
  ];
  ask(workspace, all, {
    verb: isForced ? 'remove by force' : 'remove',
    lines,
    act: (container) => workspace.actions.remove(container, { force: isForced, volumes: isForced }),
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
  act(container: Container): Promise<boolean>;
}

function ask(workspace: Workspace, containers: readonly Container[], { verb, lines, act }: Plan): void {
  if (containers.length === 0) {
    workspace.view.say('info', `nothing to ${verb}`);
    return;
  }
  openConfirm(workspace, {
    question: `${verb[0]?.toUpperCase()}${verb.slice(1)} ${nameAll(containers)}?`,
    lines,
    verb,
    confirm: () => {
      workspace.view.setState({ marked: new Set() });
      for (const container of containers) void act(container);
    },
  });
}

function nameAll(containers: readonly Container[], most?: number): string {
  return nameSome(
    containers.map(({ name }) => name),
    most,
  );
}
