import type { Container } from '../../model/container.js';
import { applyLimitsPatch, type LimitsPatch, MIN_MEMORY_BYTES } from '../../model/limits.js';
import { type StepSize, stepCpus, stepMemory, stepPids } from '../../store/limit-scale.js';
import { type LimitField, parseLimitText } from '../../store/limit-text.js';
import type { Workspace } from '../../store/workspace.js';

const FIELDS: readonly LimitField[] = ['memory', 'cpus', 'pids'];
const MIB = 2 ** 20;

export function stepField(workspace: Workspace, step: 1 | -1): void {
  const { limits } = workspace;
  const index = FIELDS.indexOf(limits.getState().field);
  limits.setState({ field: FIELDS[(index + step + FIELDS.length) % FIELDS.length] ?? 'memory' });
}

/** Moves the focused slider. */
export function stepLimit(workspace: Workspace, direction: 1 | -1, size: StepSize): void {
  withContainer(workspace, (container) => {
    const { draft, field } = workspace.limits.getState();
    const now = applyLimitsPatch(container.limits, draft);
    const info = workspace.resources.getState().info;
    const hostBytes = info?.memoryBytes ?? 2 ** 30;
    const patches: Readonly<Record<LimitField, () => LimitsPatch>> = {
      memory: () => ({ memoryBytes: stepMemory(now.memoryBytes, direction, size, hostBytes) }),
      cpus: () => ({ nanoCpus: stepCpus(now.nanoCpus, direction, size, info?.cpus ?? 1) }),
      pids: () => ({ pidsMax: stepPids(now.pidsMax, direction, size) }),
    };
    workspace.limits.setDraft(container, patches[field]());
  });
}

export function liftLimit(workspace: Workspace): void {
  withContainer(workspace, (container) => {
    workspace.limits.setDraft(container, patchOf(workspace.limits.getState().field, null));
  });
}

/** Memory a fifth above the highest use of the last ten minutes, in whole MiB. */
export function setToPeak(workspace: Workspace): void {
  withContainer(workspace, (container) => {
    const peak = workspace.stats.getState().histories.get(container.id)?.peakMemory() ?? 0;
    if (peak === 0) {
      workspace.view.say('info', 'no memory reading yet');
      return;
    }
    const memoryBytes = Math.max(MIN_MEMORY_BYTES, Math.ceil((peak * 1.2) / MIB) * MIB);
    workspace.limits.setState({ field: 'memory' });
    workspace.limits.setDraft(container, { memoryBytes });
  });
}

/** Applies a typed value, with what the sliders were moved to; an error stays in the status line. */
export function setTypedLimit(workspace: Workspace, text: string): void {
  const { field } = workspace.limits.getState();
  const value = parseLimitText(field, text);
  if (typeof value === 'string') {
    workspace.view.say('error', value);
    return;
  }
  withContainer(workspace, (container) => {
    workspace.limits.setDraft(container, patchOf(field, value));
    // Live, the draft is on its way to the kernel already.
    if (workspace.limits.getState().isLive) return;
    if (Object.keys(workspace.limits.getState().draft).length > 0) void workspace.limits.apply(container);
    else workspace.view.say('info', `${field} is ${text.trim()} already`);
  });
}

export function toggleLive(workspace: Workspace): void {
  const isLive = !workspace.limits.getState().isLive;
  workspace.limits.setState({ isLive });
  workspace.view.say('info', isLive ? 'every step is applied at once' : 'steps are applied with enter');
}

export function applyLimits(workspace: Workspace): void {
  withContainer(workspace, (container) => {
    if (Object.keys(workspace.limits.getState().draft).length === 0)
      workspace.view.say('info', 'nothing has been moved');
    else void workspace.limits.apply(container);
  });
}

function patchOf(field: LimitField, value: number | null): LimitsPatch {
  switch (field) {
    case 'memory':
      return { memoryBytes: value };
    case 'cpus':
      return { nanoCpus: value };
    case 'pids':
      return { pidsMax: value };
  }
}

function withContainer(workspace: Workspace, act: (container: Container) => void): void {
  const container = workspace.selectedContainer();
  if (container === undefined) workspace.view.say('info', 'no container is selected');
  else act(container);
}
