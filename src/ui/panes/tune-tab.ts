import type { Container } from '../../model/container.js';
import { applyLimitsPatch, type Limits, MIN_MEMORY_BYTES } from '../../model/limits.js';
import { formatBytesFlag } from '../../model/units.js';
import { cpusToRatio, memoryToRatio } from '../../store/limit-scale.js';
import { isAlive } from '../../store/list-rows.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes } from '../rows/format.js';
import { drawSlider, type Slider } from '../rows/slider-row.js';
import type { Token } from '../terminal/theme.js';

/** Sliders for memory and CPUs with marks for use, peak and what the kernel has; pids; what a change would do. */
export function paintTuneTab(context: PaintContext, container: Container, width: number, height: number): string[] {
  const { theme, workspace } = context;
  const { draft, containerId } = workspace.limits.getState();
  const limits = containerId === container.id ? applyLimitsPatch(container.limits, draft) : container.limits;
  const memory = drawSlider(context, memorySlider(context, container, limits), width);
  const cpus = drawSlider(context, cpuSlider(context, container, limits), width);
  const pids = pidsRow(context, container, limits);
  const preview = previewRow(context, container);
  const hints = theme.style('muted', hintText(context));
  if (height < 5) return [memory[0], cpus[0], pids, preview].slice(0, height);
  if (height < 7) return [memory[0], memory[1], cpus[0], pids, preview].slice(0, height);
  return [...memory, ...cpus, pids, '', preview, hints].slice(0, height);
}

function memorySlider(context: PaintContext, container: Container, limits: Limits): Slider {
  const host = hostMemory(context);
  const history = context.workspace.stats.getState().histories.get(container.id);
  const now = history?.value('memory') ?? Number.NaN;
  const peak = history?.peakMemory() ?? 0;
  const before = container.limits.memoryBytes;
  return {
    label: 'memory',
    min: formatBytes(MIN_MEMORY_BYTES),
    max: formatBytes(host),
    ratio: memoryToRatio(limits.memoryBytes, host),
    kernelRatio: limits.memoryBytes === before ? undefined : memoryToRatio(before, host),
    value: changeText(context, memoryText(before), memoryText(limits.memoryBytes)),
    isFocused: isField(context, 'memory'),
    marks:
      isAlive(container) && now > 0
        ? [
            { ratio: memoryToRatio(now, host), text: `now ${formatBytes(now)}` },
            ...(peak > now * 1.02 ? [{ ratio: memoryToRatio(peak, host), text: `peak ${formatBytes(peak)}` }] : []),
          ]
        : [],
  };
}

function cpuSlider(context: PaintContext, container: Container, limits: Limits): Slider {
  const host = context.workspace.resources.getState().info?.cpus ?? 1;
  const now = context.workspace.stats.getState().histories.get(container.id)?.value('cpu') ?? Number.NaN;
  const before = container.limits.nanoCpus;
  return {
    label: 'cpus',
    min: '0.01',
    max: host.toFixed(2),
    ratio: cpusToRatio(limits.nanoCpus, host),
    kernelRatio: limits.nanoCpus === before ? undefined : cpusToRatio(before, host),
    value: changeText(context, cpuText(before), cpuText(limits.nanoCpus)),
    isFocused: isField(context, 'cpus'),
    marks: isAlive(container) && now >= 0 ? [{ ratio: Math.min(1, now / host), text: `now ${now.toFixed(2)}` }] : [],
  };
}

function pidsRow(context: PaintContext, container: Container, limits: Limits): string {
  const { theme, glyphs } = context;
  const isFocused = isField(context, 'pids');
  const label = theme.style(isFocused ? 'key' : 'muted', `${isFocused ? glyphs.cursor : ' '}pids   `);
  const text = changeText(context, pidsText(container.limits), pidsText(limits));
  const swap = container.limits.memorySwapBytes;
  const swapText =
    swap === undefined
      ? ''
      : `   swap ${swap === 'unlimited' ? swap : formatBytes(swap - (container.limits.memoryBytes ?? 0))}`;
  const live = context.workspace.limits.getState().isLive;
  return `${label}${text}${theme.style('muted', `${swapText}   live `)}${live ? theme.style('ok', 'on') : theme.style('muted', 'off')}`;
}

function previewRow({ workspace, theme, glyphs }: PaintContext, container: Container): string {
  const { draft, preview, isApplying, containerId } = workspace.limits.getState();
  if (isApplying) return theme.style('muted', ' writing …');
  if (containerId !== container.id || Object.keys(draft).length === 0)
    return theme.style('muted', ' as the kernel has it');
  if (preview === undefined) return theme.style('muted', ' …');
  const looks: Readonly<Record<typeof preview.outcome, readonly [Token, string]>> = {
    ok: ['ok', glyphs.check],
    reclaim: ['warning', '!'],
    'oom-risk': ['error', '!'],
    refused: ['error', glyphs.cross],
  };
  const [token, sign] = looks[preview.outcome];
  return ` ${theme.style(token, `${sign} ${preview.outcome}`)}${preview.message === preview.outcome ? '' : ` ${preview.message}`}`;
}

function hintText({ workspace }: PaintContext): string {
  const undo = workspace.limits.getState().undo.length;
  return ` type a value: 512m, 1.5, max${undo === 0 ? '' : `   z takes the last of ${undo} changes back`}`;
}

function changeText({ glyphs }: PaintContext, before: string, after: string): string {
  return before === after ? before : `${before} ${glyphs.arrow} ${after}`;
}

function hostMemory(context: PaintContext): number {
  return context.workspace.resources.getState().info?.memoryBytes ?? 2 ** 30;
}

const isField = ({ workspace }: PaintContext, field: string) => workspace.limits.getState().field === field;
const memoryText = (bytes: number | undefined) =>
  bytes === undefined ? 'no limit' : formatBytesFlag(bytes).toUpperCase();
const cpuText = (nanoCpus: number | undefined) => (nanoCpus === undefined ? 'no limit' : (nanoCpus / 1e9).toFixed(2));
const pidsText = ({ pidsMax }: Limits) => (pidsMax === undefined ? 'no limit' : String(pidsMax));
