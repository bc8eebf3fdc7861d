import type { Namespace, NamespaceType, ProcessSurroundings } from '../../model/namespace.js';
import type { PaintContext } from '../paint-context.js';
import { formatBytes } from '../rows/format.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';

/** Interfaces with their addresses, routes, and what is mounted where. */
export function surroundingsLines(context: PaintContext, surroundings: ProcessSurroundings): readonly string[] {
  const { theme, glyphs } = context;
  const { interfaces, routes, mounts } = surroundings;
  const title = (text: string) => theme.style('title', text);
  const muted = (text: string) => theme.style('muted', text);
  return [
    title(`interfaces ${interfaces.length}, routes ${routes.length}`),
    ...interfaces.map(({ name, addresses, receivedBytes, sentBytes }) => {
      const traffic = muted(`${glyphs.down}${formatBytes(receivedBytes)} ${glyphs.up}${formatBytes(sentBytes)}`);
      return `  ${fitText(sanitizeText(name), 12)} ${addresses.join(' ') || muted('no address')}  ${traffic}`;
    }),
    ...routes.map(
      ({ destination, gateway, interfaceName }) =>
        `  ${fitText(destination, 20)} ${gateway === undefined ? '' : `via ${gateway} `}${muted('at')} ${sanitizeText(interfaceName)}`,
    ),
    '',
    title(`mounts ${mounts.length}`),
    ...mounts.map(({ target, fileSystem, source, root, isReadOnly }) => {
      const from = root === '/' ? source : `${source} ${root}`;
      return `  ${isReadOnly ? 'ro' : 'rw'} ${fitText(sanitizeText(target), 28)} ${fitText(sanitizeText(fileSystem), 8)} ${muted(sanitizeText(from))}`;
    }),
  ];
}

const ORDER: readonly NamespaceType[] = ['pid', 'net', 'mnt', 'ipc', 'uts', 'user', 'cgroup', 'time'];

/** All namespaces of the engine's containers by type, the host's first, each with who is in it. */
export function namespaceTreeLines(
  { theme, workspace }: PaintContext,
  namespaces: readonly Namespace[],
): readonly string[] {
  const { byId } = workspace.containers.getState();
  return [
    theme.style('title', 'all namespaces'),
    ...ORDER.flatMap((type) => {
      const own = namespaces
        .filter((each) => each.type === type)
        .sort((a, b) => Number(b.host) - Number(a.host) || a.inode - b.inode);
      if (own.length === 0) return [];
      const members = ({ containerIds }: Namespace) =>
        containerIds.map((id) => byId.get(id)?.name ?? id.slice(0, 12)).join(', ');
      return [
        `  ${type}`,
        ...own.map((each) => {
          const owner = each.host
            ? theme.style('warning', 'host')
            : each.containerIds.length > 1
              ? theme.style('paused', 'shared')
              : 'own';
          const processes = each.host ? '' : theme.style('muted', `  ${each.pids.length} processes`);
          return `    ${each.inode} ${owner.padEnd(4)} ${sanitizeText(members(each)) || theme.style('muted', 'no container')}${processes}`;
        }),
      ];
    }),
  ];
}
