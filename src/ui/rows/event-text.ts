import type { EngineEvent } from '../../model/events.js';
import type { ContainerId } from '../../model/ids.js';
import { formatSignal } from '../../model/signals.js';
import { describeLimitsChange } from '../../store/limits-change-text.js';
import type { PaintContext } from '../paint-context.js';
import { sanitizeText } from '../terminal/ansi-text.js';
import type { Token } from '../terminal/theme.js';
import { formatBytes, formatClock } from './format.js';

/** An event in a line: when, what, to whom, and with which values: `update web memory 64M → 128M`. */
export function formatEvent(context: PaintContext, event: EngineEvent): string {
  const { theme, glyphs } = context;
  const { token, text } = describeEvent(context, event);
  const { name, container } = event.attributes;
  const subject = sanitizeText(name ?? nameOf(context, container) ?? event.id.replace(/^sha256:/, '').slice(0, 12));
  const action = event.type === 'container' ? event.action : `${event.type} ${event.action}`;
  const details = sanitizeText(text).replaceAll('→', glyphs.arrow);
  const line = `${theme.style('muted', formatClock(event.atMs))} ${theme.style(token, action)} ${subject}`;
  return details === '' ? line : `${line} ${theme.style(token, details)}`;
}

interface EventLook {
  readonly token: Token;
  readonly text: string;
}

function describeEvent(context: PaintContext, event: EngineEvent): EventLook {
  const { attributes } = event;
  const calm = (text = ''): EventLook => ({ token: 'text', text });
  // Of a network, who came into it or left.
  if (event.type === 'network') return calm(nameOf(context, attributes['container']));
  if (event.type !== 'container') return calm();
  switch (event.action) {
    case 'die':
      return describeEnd(attributes);
    case 'oom':
      return { token: 'error', text: describeMemory(context, event.id) };
    case 'kill':
      return calm(formatSignal(Number(attributes['signal'] ?? 9)));
    case 'update':
      return { token: 'mark', text: describeLimitsChange(attributes) };
    case 'health_status':
      return {
        token: attributes['healthStatus'] === 'unhealthy' ? 'error' : 'text',
        text: attributes['healthStatus'] ?? '',
      };
    case 'rename':
      return calm(`was ${(attributes['oldName'] ?? '').replace(/^\//, '')}`);
    case 'create':
      return calm(`of ${attributes['image'] ?? ''}`);
    case 'exec_create':
    case 'exec_start':
      return calm(attributes['execCommand']);
    case 'exec_die':
      return calm(`exit ${attributes['exitCode'] ?? ''}`);
    default:
      return calm();
  }
}

function describeEnd({ exitCode = '', execDuration }: Readonly<Record<string, string>>): EventLook {
  const signal = Number(exitCode) - 128;
  const by = signal > 0 && signal <= 31 ? ` ${formatSignal(signal)}` : '';
  const after = execDuration === undefined ? '' : ` after ${execDuration} s`;
  return { token: exitCode === '0' ? 'text' : 'error', text: `exit ${exitCode}${by}${after}` };
}

/** The limit that was reached, where the container is still known. */
function describeMemory({ workspace }: PaintContext, id: string): string {
  const limit = findContainer(workspace, id)?.limits.memoryBytes;
  return limit === undefined ? 'no memory left' : `memory limit ${formatBytes(limit)} reached`;
}

function nameOf({ workspace }: PaintContext, container: string | undefined): string | undefined {
  return container === undefined ? undefined : findContainer(workspace, container)?.name;
}

function findContainer({ containers }: PaintContext['workspace'], id: string) {
  return containers.getState().byId.get(id as ContainerId);
}
