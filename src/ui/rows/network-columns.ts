import type { Network } from '../../model/network.js';
import { countMembers } from '../../store/network-rows.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from './columns.js';
import { formatAge } from './format.js';

/** The columns of the network list. */
export function networkColumns({ theme, workspace, now }: PaintContext): readonly Column<Network>[] {
  const count = countMembers(workspace.containers.getState());
  const muted = (text: string) => theme.style('muted', text);
  return [
    { title: 'NETWORK', width: 8, rank: 0, grows: true, cell: (row) => row.name },
    { title: 'DRIVER', width: 7, rank: 3, cell: (row) => muted(row.driver) },
    { title: 'SUBNET', width: 16, rank: 1, cell: (row) => muted(row.pools[0]?.subnet ?? '-') },
    { title: 'CTR', width: 3, rank: 2, align: 'right', cell: (row) => String(count(row)) },
    { title: 'KIND', width: 13, rank: 4, cell: (row) => theme.style('paused', kindOf(row).join(' ')) },
    { title: 'GATEWAY', width: 15, rank: 5, cell: (row) => muted(row.pools[0]?.gateway ?? '-') },
    {
      title: 'AGE',
      width: 4,
      rank: 6,
      align: 'right',
      // The predefined ones were never made.
      cell: (row) => muted(row.createdAtMs === 0 ? '-' : formatAge(now() - row.createdAtMs)),
    },
    { title: 'ID', width: 12, rank: 7, cell: (row) => muted(row.id.slice(0, 12)) },
  ];
}

/** What is not as with most. */
export function kindOf({ internal, enableIpv4, enableIpv6, attachable }: Network): readonly string[] {
  return [
    ...(internal ? ['internal'] : []),
    ...(enableIpv6 ? [enableIpv4 ? 'ipv6' : 'ipv6 only'] : []),
    ...(attachable ? ['attachable'] : []),
  ];
}
