import type { Container } from '../../model/container.js';
import type { Namespace, NamespaceType, ProcessSecurity } from '../../model/namespace.js';
import type { Loaded } from '../../store/details-store.js';
import type { PaintContext } from '../paint-context.js';
import { fitText } from '../terminal/ansi-text.js';

export interface NamespaceView {
  readonly namespaces: readonly Namespace[];
  readonly security: Loaded<ProcessSecurity> | undefined;
  readonly width: number;
  readonly height: number;
}

const ORDER: readonly NamespaceType[] = ['pid', 'net', 'mnt', 'ipc', 'uts', 'user', 'cgroup', 'time'];

/**
 * Each type with its inode, whose it is, who shares it and the processes in it; then the id maps and a line about security. Where
 * there are few rows, two types stand in one and the processes are left out.
 */
export function namespaceLines(context: PaintContext, container: Container, view: NamespaceView): readonly string[] {
  const pid = 'init' in container.state ? container.state.init.pid : undefined;
  const own = view.namespaces
    .filter(
      ({ containerIds, pids }) => containerIds.includes(container.id) || (pid !== undefined && pids.includes(pid)),
    )
    .sort((a, b) => ORDER.indexOf(a.type) - ORDER.indexOf(b.type));
  if (own.length === 0) return [context.theme.style('muted', 'not running: it has no namespaces')];
  const isTight = view.height < own.length + 2 && view.width >= 60;
  const lines = own.map((namespace) => namespaceText(context, container, namespace, isTight));
  const end =
    view.security?.status === 'ready'
      ? [...mapLines(context, view.security.value), securitySummary(context, view.security.value)]
      : [];
  return [...(isTight ? inPairs(lines, view.width) : lines), ...end];
}

function namespaceText(
  { theme, workspace }: PaintContext,
  container: Container,
  namespace: Namespace,
  isTight: boolean,
): string {
  const names = workspace.containers.getState().byId;
  // Every container without a namespace of its own is in the host's: names would say nothing.
  const others = (namespace.host ? [] : namespace.containerIds)
    .filter((id) => id !== container.id)
    .map((id) => names.get(id)?.name ?? id.slice(0, 12));
  const owner = namespace.host
    ? theme.style('warning', 'host  ')
    : others.length > 0
      ? theme.style('paused', 'shared')
      : theme.style('ok', 'own   ');
  const shared = others.length > 0 ? `${isTight ? '' : 'with '}${others.join(', ')}  ` : '';
  const pids = namespace.host || isTight ? '' : theme.style('muted', pidsText(namespace.pids));
  return `${theme.style('title', namespace.type.padEnd(6))} ${namespace.inode} ${owner} ${shared}${pids}`;
}

function inPairs(lines: readonly string[], width: number): readonly string[] {
  const half = Math.ceil(lines.length / 2);
  const column = Math.floor(width / 2);
  return lines.slice(0, half).map((line, i) => fitText(line, column) + (lines[half + i] ?? ''));
}

function pidsText(pids: readonly number[]): string {
  const shown = pids.slice(0, 8).join(' ');
  return `${pids.length} ${pids.length === 1 ? 'process' : 'processes'}: ${shown}${pids.length > 8 ? ' …' : ''}`;
}

/** The id maps, one line. */
export function mapLines({ theme, glyphs }: PaintContext, { uidMap, gidMap }: ProcessSecurity): readonly string[] {
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

/** Such as `filter (1)`. */
export function seccompText({ seccomp, seccompFilters }: ProcessSecurity): string {
  return seccomp === 'filter' ? `filter (${seccompFilters})` : seccomp;
}
