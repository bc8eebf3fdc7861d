import type { Container } from '../../model/container.js';
import { applyLimitsPatch, type LimitsPatch, MIN_MEMORY_BYTES } from '../../model/limits.js';
import { FIELD_KINDS, LIMIT_FIELDS, type TuneHost } from '../../store/limit-fields.js';
import type { StepSize } from '../../store/limit-scale.js';
import { parseLimitText } from '../../store/limit-text.js';
import { isDangerous } from '../../store/limits-store.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint } from '../keymap.js';
import { formatBytes } from '../rows/format.js';
import type { KeyedContext } from './command-context.js';
import { openConfirm } from './questions.js';

const MIB = 2 ** 20;

export function stepField({ limits }: Workspace, step: 1 | -1): void {
  const index = LIMIT_FIELDS.indexOf(limits.getState().field);
  limits.setState({ field: LIMIT_FIELDS[(index + step + LIMIT_FIELDS.length) % LIMIT_FIELDS.length] ?? 'memory' });
}

/** Moves the focused slider. */
export function stepLimit(workspace: Workspace, direction: 1 | -1, size: StepSize): void {
  withContainer(workspace, (container) => {
    const { draft, field } = workspace.limits.getState();
    const now = applyLimitsPatch(container.limits, draft);
    setDraft(workspace, container, FIELD_KINDS[field].step(now, { direction, size }, tuneHost(workspace)));
  });
}

export function liftLimit(workspace: Workspace): void {
  withContainer(workspace, (container) => {
    const { draft, field } = workspace.limits.getState();
    setDraft(workspace, container, FIELD_KINDS[field].lift(applyLimitsPatch(container.limits, draft)));
  });
}

/** What the sliders end at; of a host that has not told yet, little. */
export function tuneHost({ resources }: Workspace): TuneHost {
  const { info } = resources.getState();
  return { memoryBytes: info?.memoryBytes ?? 2 ** 30, cpus: info?.cpus ?? 1 };
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

/** Opens the line in which a value is typed. */
export function openTyping({ view }: Workspace, text: string): void {
  view.setState({ prompt: { kind: 'limit', text, cursor: text.length, before: '' } });
}

/** Applies a typed value, with what the sliders were moved to; an error stays in the status line. */
export function setTypedLimit(workspace: Workspace, text: string): void {
  withContainer(workspace, (container) => {
    const { field, draft } = workspace.limits.getState();
    const patch = parseLimitText(field, text, applyLimitsPatch(container.limits, draft));
    if (typeof patch === 'string') {
      workspace.view.say('error', patch);
      return;
    }
    workspace.limits.setDraft(container, patch);
    // Live, the draft is on its way to the kernel already.
    if (workspace.limits.getState().isLive) return;
    if (Object.keys(workspace.limits.getState().draft).length > 0) void askAndApply(workspace, container);
    else workspace.view.say('info', `${field} is ${text.trim()} already`);
  });
}

export function toggleLive({ workspace, bindings }: KeyedContext): void {
  const isLive = !workspace.limits.getState().isLive;
  workspace.limits.setState({ isLive });
  workspace.view.say(
    'info',
    isLive ? 'every step is applied at once' : `steps wait${keyHint(bindings, 'tune-apply', 'applies them')}`,
  );
}

export function applyLimits(workspace: Workspace): void {
  withContainer(workspace, (container) => {
    if (Object.keys(workspace.limits.getState().draft).length === 0)
      workspace.view.say('info', 'nothing has been moved');
    else void askAndApply(workspace, container);
  });
}

/** A memory limit below what is in use is written after a question. */
async function askAndApply(workspace: Workspace, container: Container): Promise<void> {
  const { limits } = workspace;
  const { memoryBytes } = limits.getState().draft;
  const preview = typeof memoryBytes === 'number' ? await limits.check(container) : undefined;
  if (preview === undefined || !isDangerous(preview)) {
    await limits.apply(container);
    return;
  }
  openConfirm(workspace, {
    question: `Set memory of ${container.name} to ${formatBytes(memoryBytes ?? 0)}, below what is in use?`,
    lines: [preview.message],
    verb: 'apply',
    confirm: () => void limits.apply(container),
  });
}

function setDraft({ view, limits }: Workspace, container: Container, patch: LimitsPatch | string): void {
  if (typeof patch === 'string') view.say('info', patch);
  else limits.setDraft(container, patch);
}

function withContainer(workspace: Workspace, act: (container: Container) => void): void {
  const container = workspace.selectedContainer();
  if (container === undefined) workspace.view.say('info', 'no container is selected');
  else act(container);
}
