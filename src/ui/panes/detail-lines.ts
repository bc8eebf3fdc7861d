import type { Container } from '../../model/container.js';
import type { Namespace, ProcessSecurity } from '../../model/namespace.js';
import type { DetailKind, DetailValues, Loaded } from '../../store/details-store.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { fillParagraph } from '../rows/text-lines.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';

/** The lines of a detail tab that is a text; its pane scrolls over them. */
export function detailLines(
  context: PaintContext,
  kind: DetailKind,
  container: Container,
  width: number,
): readonly string[] {
  const details = context.workspace.details.getState();
  if (details.containerId !== container.id) return [context.theme.style('muted', 'reading …')];
  switch (kind) {
    case 'namespaces':
      return whenReady(context, details.namespaces, (value) =>
        namespaceLines(context, container, value, details.security),
      );
    case 'security':
      return whenReady(context, details.security, (value) => securityLines(context, value, width));
    case 'top':
      return whenReady(context, details.top, (value) => processLines(context, value));
    case 'layers':
      return whenReady(context, details.layers, (value) => layerLines(context, value));
    case 'inspect':
      return whenReady(context, details.inspect, (value) => value.map((line) => colourJson(context, line)));
  }
}

function whenReady<T>(
  { theme }: PaintContext,
  loaded: Loaded<T> | undefined,
  lines: (value: T) => readonly string[],
): readonly string[] {
  switch (loaded?.status) {
    case 'ready':
      return lines(loaded.value);
    case 'failed':
      return [theme.style('warning', loaded.message)];
    default:
      return [theme.style('muted', 'reading …')];
  }
}

/** Each type with its inode, whose it is, who shares it, and the processes in it. */
function namespaceLines(
  context: PaintContext,
  container: Container,
  namespaces: readonly Namespace[],
  security: Loaded<ProcessSecurity> | undefined,
): readonly string[] {
  const { theme, workspace } = context;
  const pid = 'init' in container.state ? container.state.init.pid : undefined;
  const own = namespaces.filter(
    (namespace) => namespace.containerIds.includes(container.id) || (pid !== undefined && namespace.pids.includes(pid)),
  );
  if (own.length === 0) return [theme.style('muted', 'not running: it has no namespaces')];
  const names = workspace.containers.getState().byId;
  const lines = own.map((namespace) => {
    const others = namespace.containerIds
      .filter((id) => id !== container.id)
      .map((id) => names.get(id)?.name ?? id.slice(0, 12));
    const owner = namespace.host
      ? theme.style('warning', 'host  ')
      : others.length > 0
        ? theme.style('paused', 'shared')
        : theme.style('ok', 'own   ');
    const shared = others.length > 0 ? `with ${others.join(', ')}  ` : '';
    const pids = namespace.host ? '' : theme.style('muted', pidsText(namespace.pids));
    return `${theme.style('title', namespace.type.padEnd(7))} ${String(namespace.inode).padEnd(11)} ${owner} ${shared}${pids}`;
  });
  if (security?.status !== 'ready') return lines;
  return [...lines, ...mapLines(context, security.value), securitySummary(context, security.value)];
}

function pidsText(pids: readonly number[]): string {
  const shown = pids.slice(0, 8).join(' ');
  return `${pids.length} ${pids.length === 1 ? 'process' : 'processes'}: ${shown}${pids.length > 8 ? ' …' : ''}`;
}

function mapLines({ theme, glyphs }: PaintContext, { uidMap, gidMap }: ProcessSecurity): readonly string[] {
  const text = (maps: ProcessSecurity['uidMap']) =>
    maps.map((map) => `${map.insideId}${glyphs.arrow}${map.outsideId} (${map.count})`).join(', ');
  return [`${theme.style('muted', 'uid map')} ${text(uidMap)}   ${theme.style('muted', 'gid map')} ${text(gidMap)}`];
}

function securitySummary({ theme }: PaintContext, security: ProcessSecurity): string {
  const label = (text: string) => theme.style('muted', text);
  const { effective } = security.capabilities;
  return [
    `${label('caps')} ${effective.length}/41`,
    `${label('seccomp')} ${seccompText(security)}`,
    `${label('no-new-privs')} ${security.noNewPrivileges ? 'yes' : 'no'}`,
  ].join('   ');
}

function seccompText({ seccomp, seccompFilters }: ProcessSecurity): string {
  return seccomp === 'filter' ? `filter (${seccompFilters})` : seccomp;
}

function securityLines(context: PaintContext, security: ProcessSecurity, width: number): readonly string[] {
  const { theme } = context;
  const label = (text: string) => theme.style('title', text.padEnd(13));
  const { effective, permitted, inheritable, bounding, ambient } = security.capabilities;
  const sets = { effective, permitted, inheritable, bounding, ambient };
  return [
    `${label('user')} uid ${security.uid}, gid ${security.gid}`,
    `${label('seccomp')} ${theme.style(security.seccomp === 'disabled' ? 'error' : 'ok', seccompText(security))}`,
    `${label('no-new-privs')} ${security.noNewPrivileges ? theme.style('ok', 'yes') : 'no'}`,
    ...mapLines(context, security),
    '',
    ...Object.entries(sets).flatMap(([name, capabilities]) => {
      const lines = fillParagraph(capabilities.join(' ') || 'none', Math.max(20, width - 17));
      return lines.map((line, i) => `${label(i === 0 ? `${name} ${capabilities.length}` : '')}    ${line}`);
    }),
  ];
}

function processLines({ theme, now }: PaintContext, processes: DetailValues['top']): readonly string[] {
  const header = `${'PID'.padStart(7)} ${'PPID'.padStart(7)} ${'USER'.padEnd(8)} ${'CPU s'.padStart(8)} ${'RSS'.padStart(5)} ${'AGE'.padStart(4)} COMMAND`;
  return [
    theme.style('muted', header),
    ...processes.map(
      (row) =>
        `${String(row.pid).padStart(7)} ${String(row.ppid).padStart(7)} ${fitText(row.user, 8)} ${row.cpuSeconds.toFixed(2).padStart(8)} ` +
        `${formatBytes(row.rssBytes).padStart(5)} ${formatAge(now() - row.startedAtMs).padStart(4)} ${sanitizeText(row.command)}`,
    ),
  ];
}

function layerLines({ theme }: PaintContext, { layers, changes }: DetailValues['layers']): readonly string[] {
  const title = (text: string) => theme.style('title', text);
  const signs = {
    added: theme.style('ok', 'A'),
    modified: theme.style('warning', 'C'),
    deleted: theme.style('error', 'D'),
  };
  return [
    title(`changed in the container ${changes.length}`),
    ...changes.slice(0, 200).map((change) => `${signs[change.kind]} ${sanitizeText(change.path)}`),
    '',
    title(`layers ${layers.length}`),
    ...layers.map((layer) => `${layer.diffId.slice(7, 19)} ${formatBytes(layer.sizeBytes).padStart(6)}`),
  ];
}

function colourJson({ theme }: PaintContext, line: string): string {
  const match = /^(\s*)("[^"]*")(: ?)(.*)$/.exec(sanitizeText(line));
  if (match === null) return sanitizeText(line);
  return `${match[1]}${theme.style('memory', match[2] ?? '')}${match[3]}${match[4]}`;
}
