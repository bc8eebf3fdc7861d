import type { Volume } from '../../model/volume.js';
import { findVolumeUsers, nameVolumeDriver } from '../../store/volume-rows.js';
import type { PaintContext } from '../paint-context.js';
import type { Column } from './columns.js';
import { formatAge, formatBytes } from './format.js';

/** The columns of the volume list. */
export function volumeColumns({ theme, workspace, now }: PaintContext): readonly Column<Volume>[] {
  const { volumeBytes } = workspace.resources.getState();
  const containers = workspace.containers.getState();
  const muted = (text: string) => theme.style('muted', text);
  const usedBy = ({ name }: Volume) =>
    [...new Set(findVolumeUsers(containers, name).map(({ container }) => container.name))].join(',');
  const size = ({ name }: Volume) => {
    const bytes = volumeBytes.get(name);
    return bytes === undefined ? '-' : formatBytes(bytes);
  };
  return [
    { title: 'VOLUME', width: 10, rank: 0, grows: true, cell: (row) => row.name },
    { title: 'SIZE', width: 6, rank: 3, align: 'right', cell: (row) => muted(size(row)) },
    { title: 'USED BY', width: 12, rank: 1, cell: (row) => muted(usedBy(row) || '-') },
    {
      title: 'AGE',
      width: 4,
      rank: 2,
      align: 'right',
      cell: (row) => muted(formatAge(now() - row.createdAtMs)),
    },
    { title: 'DRIVER', width: 8, rank: 4, cell: (row) => muted(nameVolumeDriver(row)) },
  ];
}
