import type { Container } from '../../model/container.js';
import { applyLimitsPatch, type Limits } from '../../model/limits.js';
import { FIELD_KINDS, LIMIT_FIELDS, type LimitField } from '../../store/limit-fields.js';
import { cpusToRatio, memoryToRatio, pidsToRatio } from '../../store/limit-scale.js';
import type { DraftPreview } from '../../store/limits-store.js';
import { isAlive } from '../../store/list-rows.js';
import type { StatsHistory } from '../../store/stats-history.js';
import { tuneHost } from '../commands/tune-commands.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes } from '../rows/format.js';
import { drawSlider, type Slider } from '../rows/slider-row.js';
import { joinFitting, textWidth } from '../terminal/ansi-text.js';
import type { Token } from '../terminal/theme.js';

/** The peak that is marked on a slider is that of so many seconds. */
const PEAK_SECONDS = 180;
/** Where there are more rows, hints and the marks of every slider are shown. */
const MIN_HEIGHT_WITH_HINTS = 8;

/** A slider for each limit with marks for use, peak and what the kernel has; what a change would do. */
export function paintTuneTab(context: PaintContext, container: Container, width: number, height: number): string[] {
  const { theme, workspace } = context;
  const { draft, containerId, field } = workspace.limits.getState();
  const limits = containerId === container.id ? applyLimitsPatch(container.limits, draft) : container.limits;
  const hasHints = height >= MIN_HEIGHT_WITH_HINTS;
  const room = Math.max(1, height - (hasHints ? 3 : 1));
  const focused = LIMIT_FIELDS.indexOf(field);
  const slider = (each: LimitField) => drawSlider(context, sliderOf(context, container, limits, each), width);
  const [, marks] = slider(field);
  const hasMarks = marks.trim() !== '' && room > 1;
  const count = Math.min(LIMIT_FIELDS.length, room - (hasMarks ? 1 : 0));
  const first = Math.max(0, Math.min(focused - Math.floor(count / 2), LIMIT_FIELDS.length - count));
  const rows = LIMIT_FIELDS.slice(first, first + count).flatMap((each) =>
    each === field && hasMarks ? slider(each) : slider(each).slice(0, 1),
  );
  const padded = Array.from({ length: room }, (_, i) => rows[i] ?? '');
  const preview = previewRow(context, container, width);
  const hints = hasHints ? ['', preview, theme.style('muted', hintText(context))] : [preview];
  return [...padded, ...hints].slice(0, height);
}

function sliderOf(context: PaintContext, container: Container, limits: Limits, field: LimitField): Slider {
  const host = tuneHost(context.workspace);
  const kind = FIELD_KINDS[field];
  const before = kind.format(container.limits);
  const after = kind.format(limits);
  return {
    label: field,
    min: kind.min,
    max: kind.max(host),
    ratio: kind.ratio(limits, host),
    kernelRatio: before === after ? undefined : kind.ratio(container.limits, host),
    value: before === after ? before : `${before} ${context.glyphs.arrow} ${after}`,
    isFocused: context.workspace.limits.getState().field === field,
    marks: isAlive(container) ? marksOf(context, container, field) : [],
  };
}

/** What is used now, and the most that was lately. */
function marksOf(context: PaintContext, { id }: Container, field: LimitField): Slider['marks'] {
  const host = tuneHost(context.workspace);
  const history = context.workspace.stats.getState().histories.get(id);
  if (history?.latest === undefined) return [];
  switch (field) {
    case 'memory':
      return nowAndPeak(history, field, (value) => memoryToRatio(value, host.memoryBytes), formatBytes);
    case 'cpus':
      return nowAndPeak(
        history,
        'cpu',
        (value) => cpusToRatio(value * 1e9, host.cpus),
        (value) => value.toFixed(2),
      );
    case 'pids':
      return nowAndPeak(history, field, pidsToRatio, (value) => String(Math.round(value)));
    default:
      return [];
  }
}

function nowAndPeak(
  history: StatsHistory,
  metric: 'memory' | 'cpu' | 'pids',
  toRatio: (value: number) => number,
  format: (value: number) => string,
): Slider['marks'] {
  const now = history.value(metric);
  const second = Math.floor((history.latest?.atMs ?? 0) / 1000);
  const { max } = history.summary(metric, second - PEAK_SECONDS + 1, PEAK_SECONDS);
  return [
    ...(now > 0 ? [{ ratio: toRatio(now), text: `now ${format(now)}` }] : []),
    ...(max > now * 1.02 ? [{ ratio: toRatio(max), text: `peak ${format(max)}` }] : []),
  ];
}

function previewRow(context: PaintContext, container: Container, width: number): string {
  const { workspace, theme } = context;
  const { draft, preview, isApplying, containerId, isLive, field } = workspace.limits.getState();
  const live = `${theme.style('muted', 'live ')}${isLive ? theme.style('ok', 'on') : theme.style('muted', 'off')}`;
  const place = theme.style('muted', `${LIMIT_FIELDS.indexOf(field) + 1}/${LIMIT_FIELDS.length}`);
  const isDraft = containerId === container.id && Object.keys(draft).length > 0;
  const text = isApplying
    ? theme.style('muted', 'writing …')
    : isDraft
      ? previewText(context, container, preview)
      : theme.style('muted', 'as the kernel has it');
  const whole = [` ${text}`, live, place].join('   ');
  // Where that is too wide, that there are more limits is told first.
  return textWidth(whole) <= width ? whole : joinFitting([` ${text}`, place, live], '   ', width);
}

function previewText(
  { workspace, theme, glyphs }: PaintContext,
  container: Container,
  preview: DraftPreview | undefined,
): string {
  if (preview === undefined) return theme.style('muted', '…');
  const looks: Readonly<Record<typeof preview.outcome, readonly [Token, string, string]>> = {
    ok: ['ok', glyphs.check, 'ok'],
    reclaim: ['warning', '!', 'reclaim needed'],
    'oom-risk': ['error', '!', 'OOM risk'],
    'above-host': ['warning', '!', 'above host'],
    refused: ['error', glyphs.cross, 'refused'],
  };
  const [token, sign, name] = looks[preview.outcome];
  const message = preview.message === preview.outcome ? '' : preview.message;
  const change = memoryChange(container.limits, workspace.limits.getState().draft.memoryBytes);
  return [theme.style(token, `${sign} ${name}`), change, message].filter((part) => part !== '').join(' ');
}

/** Such as `+256M`. */
function memoryChange({ memoryBytes: before }: Limits, after: number | null | undefined): string {
  if (before === undefined || typeof after !== 'number') return '';
  return `${after < before ? '-' : '+'}${formatBytes(Math.abs(after - before))}`;
}

function hintText({ workspace, bindings }: PaintContext): string {
  const undo = workspace.limits.getState().undo.length;
  return ` type a value: 512m, 1.5, 0-1, max${undo === 0 ? '' : `   ${keyOf(bindings, 'undo')} takes the last of ${undo} changes back`}`;
}
