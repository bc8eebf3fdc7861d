import { isAlive, readMetric } from '../../store/list-rows.js';
import { sumOf } from '../../store/sample-rings.js';
import type { Metric } from '../../store/stats-history.js';
import type { Prompt } from '../../store/view-store.js';
import type { Command } from '../command.js';
import { activeContexts, type Binding, footerBindings, keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatEvent } from '../rows/event-text.js';
import { formatBytes, formatShare } from '../rows/format.js';
import { drawFrame } from '../rows/frame.js';
import { keyLabel } from '../rows/key-label.js';
import { fillParagraph } from '../rows/text-lines.js';
import { isTypedInto } from '../sessions/session-input.js';
import { clipText, fitText, joinFitting, textWidth } from '../terminal/ansi-text.js';
import type { Token } from '../terminal/theme.js';

/** The upper line: the engine, what runs, what the containers on screen use. */
export function paintHeader(context: PaintContext, width: number): string[] {
  const { workspace, theme, glyphs } = context;
  const { info, connectionError } = workspace.resources.getState();
  const containers = [...workspace.containers.getState().byId.values()];
  const count = (status: string) => containers.filter((container) => container.state.status === status).length;
  const paused = count('paused');
  const parts = [
    `${theme.style('title', ' gantry')} ${info?.name ?? ''}`,
    workspace.view.getState().context ?? '',
    info?.endpoint ?? '',
    workspace.view.getState().isReadOnly ? theme.style('warning', 'read-only') : '',
    `${count('running')} up${paused > 0 ? ` ${paused} paused` : ''} ${containers.filter((each) => !isAlive(each)).length} down`,
    transfersText(context, width),
    sessionsText(context),
    workspace.view.getState().mouse ? '' : `${theme.style('key', keyOf(context.bindings, 'mouse'))} mouse off`,
    usageText(context),
    pressureText(context, width),
    info === undefined ? '' : `cgroup v${info.cgroupVersion}${info.rootless ? ' rootless' : ''}`,
    info?.storageDriver ?? '',
    connectionError === undefined ? '' : theme.style('error', `engine: ${connectionError}`),
  ].filter((part) => part !== '');
  const line = joinFitting(parts, theme.style('muted', ` ${glyphs.frame.left} `), width);
  return [theme.base('header', clipText(line, 0, width))];
}

/** What is being pulled, pushed, saved and loaded behind the panes. */
function transfersText({ workspace, theme, glyphs, bindings }: PaintContext, width: number): string {
  const running = workspace.transfers.getState().transfers.filter(({ status }) => status === 'running');
  const [first] = running;
  if (first === undefined) return '';
  const doneBytes = running.reduce((sum, { totals }) => sum + totals.doneBytes, 0);
  const totalBytes = running.reduce((sum, { totals }) => sum + totals.totalBytes, 0);
  const share = totalBytes === 0 ? '' : ` ${formatShare(Math.min(1, doneBytes / totalBytes))}`;
  const { kind, name } = first.request;
  const room = Math.min(24, textWidth(name), width - 56);
  const named = room < 8 ? kind : `${kind} ${fitText(name, room, 'left', glyphs.ellipsis)}`;
  const what = running.length > 1 ? `${running.length} transfers` : named;
  return `${theme.style('key', keyOf(bindings, 'transfers'))} ${what}${share}`;
}

/** Shells and attached programs that go on behind the panes. */
function sessionsText({ sessions, theme, bindings }: PaintContext): string {
  const running = sessions.getState().sessions.filter(({ state }) => state.status === 'running').length;
  if (running === 0) return '';
  return `${theme.style('key', keyOf(bindings, 'sessions'))} ${running} ${running === 1 ? 'shell' : 'shells'}`;
}

function usageText({ workspace }: PaintContext): string {
  const { info } = workspace.resources.getState();
  const stats = workspace.stats.getState();
  if (info === undefined) return '';
  const alive = [...workspace.containers.getState().byId.values()].filter(isAlive);
  // The sum would be wrong where some are not read: those that are not on screen.
  if (alive.some(({ id }) => stats.histories.get(id)?.latest === undefined))
    return `${info.cpus} cpus  ${formatBytes(info.memoryBytes)}`;
  const sum = (metric: Metric) => sumOf(alive.map((each) => readMetric(stats, each, metric))) || 0;
  return `cpu ${sum('cpu').toFixed(2)}/${info.cpus}  mem ${formatBytes(sum('memory'))}/${formatBytes(info.memoryBytes)}`;
}

/** From here on there is room for whole words. */
const WIDE = 120;

/** What waits on the host: shares of the last ten seconds, percent. */
function pressureText({ workspace, theme }: PaintContext, width: number): string {
  const { hostPressure } = workspace.stats.getState();
  if (hostPressure === undefined) return '';
  const shares = (['cpu', 'memory', 'io'] as const).map((name) => {
    const share = hostPressure[name].someAvg10;
    const short = name === 'memory' ? 'mem' : name;
    const text = `${width < WIDE ? (name[0] ?? '') : `${short} `}${share.toFixed(1)}`;
    return share < 10 ? text : theme.level(Math.min(1, share / 50), text);
  });
  return `psi ${shares.join(' ')}`;
}

/** How long a message stays, ms. */
const STATUS_MS = { ok: 15_000, info: 15_000, busy: 600_000, error: 120_000 } as const;

/** What the last action did, or the text that is being typed; nothing where there is neither. What went wrong may take several rows. */
export function paintStatus(context: PaintContext, width: number): readonly string[] {
  const { prompt, status } = context.workspace.view.getState();
  if (prompt !== undefined) return [paintPrompt(context, prompt, width)];
  if (status === undefined || context.now() - status.atMs > STATUS_MS[status.kind]) return [];
  const { theme, glyphs, bindings } = context;
  const looks: Readonly<Record<typeof status.kind, readonly [Token, string]>> = {
    ok: ['ok', glyphs.check],
    error: ['error', glyphs.cross],
    info: ['warning', '!'],
    busy: ['muted', glyphs.ellipsis],
  };
  const [token, sign] = looks[status.kind];
  const undo = status.canUndo === true ? `   ${keyOf(bindings, 'undo')} undo` : '';
  const told = status.text.replaceAll('→', glyphs.arrow) + undo;
  // What a refusal ends with is worth more than a whole id.
  const text = textWidth(told) + 3 <= width ? told : told.replaceAll(/\b[0-9a-f]{64}\b/g, (id) => id.slice(0, 12));
  const isCalm = status.kind === 'ok' || status.kind === 'busy';
  const rows = isCalm ? [text] : fillParagraph(text, Math.max(1, width - 3));
  return rows.map((row, i) =>
    clipText(
      ` ${i === 0 ? theme.style(token, sign) : ' '} ${theme.style(status.kind === 'error' ? 'error' : 'text', row)}`,
      0,
      width,
    ),
  );
}

function paintPrompt(context: PaintContext, prompt: Prompt, width: number): string {
  const { workspace, theme } = context;
  const before = [...prompt.text].slice(0, prompt.cursor).join('');
  const [at = ' ', ...after] = [...prompt.text].slice(prompt.cursor);
  const named = (what: string, command: Command) => `${what} ${keyOf(context.bindings, command)}`;
  const labels = {
    filter: named('filter', 'filter'),
    files: named('files', 'tree-filter'),
    search: named('search', 'log-search'),
    keep: named('keep', 'log-keep'),
    hide: named('hide', 'log-hide'),
    limit: `${workspace.limits.getState().field} = `,
  };
  const label = labels[prompt.kind];
  return clipText(` ${theme.style('key', label)}${before}${theme.base('selection', at)}${after.join('')}`, 0, width);
}

/** The keys that mean something where the focus is, as many as fit. */
export function paintFooter(context: PaintContext, width: number): string[] {
  const { workspace, theme } = context;
  const { prompt } = workspace.view.getState();
  if (prompt !== undefined) {
    const kept = 'keeps it';
    const does = {
      ...{ filter: kept, files: kept, keep: kept, hide: kept },
      ...{ search: 'goes to the last match', limit: 'applies it' },
    };
    const forms = prompt.kind === 'filter' ? '   !others   ~fuzzy   label:key=value' : '';
    return [clipText(theme.style('muted', ` enter ${does[prompt.kind]}   esc takes it back${forms}`), 0, width)];
  }
  if (isTypedInto(context.sessions, workspace.view)) return [clipText(typedFooter(context, width), 0, width)];
  let line = '';
  for (const { text, x } of footerItems(context, width)) line += ' '.repeat(x - textWidth(line)) + text;
  return [clipText(line, 0, width)];
}

/** A key of the footer and the cells that it has. */
export interface FooterItem {
  readonly binding: Binding;
  readonly text: string;
  readonly x: number;
  readonly width: number;
}

/** As many as fit, and that of the help at the right. */
export function footerItems(
  { workspace, theme, glyphs, bindings }: PaintContext,
  width: number,
): readonly FooterItem[] {
  const toItem = (binding: Binding, x: number): FooterItem => {
    const text = ` ${theme.style('key', keyLabel(binding.keys[0] ?? '', glyphs))} ${binding.label}`;
    return { binding, text, x, width: textWidth(text) };
  };
  const help = bindings.find(({ command, keys }) => command === 'help' && keys.length > 0);
  const last =
    help === undefined ? [] : [toItem(help, 0)].map((item) => ({ ...item, x: Math.max(0, width - item.width - 1) }));
  const room = last[0]?.x ?? width;
  const items: FooterItem[] = [];
  for (const binding of footerBindings(activeContexts(workspace.view.getState()), bindings)) {
    const item = toItem(
      binding,
      items.reduce((sum, each) => sum + each.width, 0),
    );
    if (item.x + item.width > room) break;
    items.push(item);
  }
  return [...items, ...last];
}

/** What the screen still hears while all other keys are a program's. */
function typedFooter({ theme, sessions }: PaintContext, width: number): string {
  const key = (name: string, text: string) => ` ${theme.style('key', name)} ${text}`;
  const isShell = sessions.current()?.kind === 'shell';
  const keys = [
    key('ctrl-]', 'keys of the screen'),
    key('ctrl-p ctrl-q', isShell ? 'to the list, it goes on' : 'detach'),
    key('shift-pgup', 'scroll'),
    theme.style('muted', ' all other keys go to the program'),
  ];
  return joinFitting(keys, ' ', width);
}

/** The newest events: in one line where there is one, else one a line, the newest first. */
export function paintEvents(context: PaintContext, width: number, height: number): string[] {
  const { workspace, theme, glyphs } = context;
  return drawFrame(
    {
      width,
      height,
      isFocused: false,
      title: theme.style('title', 'Events'),
      content: (innerWidth, innerHeight) => {
        const { events } = workspace.events.getState();
        const newest = events
          .filter(({ action }) => action !== 'exec_create' && action !== 'resize' && action !== 'top')
          .slice(-Math.max(innerHeight, 12))
          .reverse()
          .map((event) => formatEvent(context, event));
        return innerHeight === 1 ? [joinNewest(newest, innerWidth)] : newest;
      },
    },
    theme,
    glyphs,
  );
}

/** As many as fit in one line, without a gap in their order. */
function joinNewest([first = '', ...others]: readonly string[], width: number): string {
  let line = clipText(first, 0, Math.min(width, textWidth(first)));
  for (const text of others) {
    if (textWidth(line) + 3 + textWidth(text) > width) break;
    line += `   ${text}`;
  }
  return line;
}
