import type { Engine, PruneReport } from '../engine/engine.js';
import { messageOf } from '../model/errors.js';
import type { VolumeName } from '../model/ids.js';
import { formatDecimalBytes } from '../model/units.js';
import type { VolumeConfig } from '../model/volume.js';
import { createAttempt, createPerformer, type Tellers } from './attempt.js';

export interface VolumeActions {
  /** Gives what is wrong; undefined: it is there. */
  createVolume(config: Required<Pick<VolumeConfig, 'name' | 'labels' | 'options'>>): Promise<string | undefined>;
  removeVolume(name: VolumeName): Promise<boolean>;
  /** What `pruneVolumes` would remove; undefined where it cannot be told (the status line says why). */
  previewVolumePrune(all: boolean): Promise<VolumePrunePreview | undefined>;
  /** The anonymous ones that no container has; with `all` those with a name too. */
  pruneVolumes(all: boolean): Promise<boolean>;
}

export type VolumePrunePreview = PruneReport;

export function createVolumeActions(engine: Engine, tellers: Tellers): VolumeActions {
  const { volumes } = engine;
  const attempt = createAttempt(tellers);
  const perform = createPerformer(tellers);
  return {
    removeVolume: (name) => perform(['gantry', 'volume', 'rm', name], `${name} removed`, () => volumes.remove(name)),
    createVolume: (config) => {
      const { name, labels, options } = config;
      const flags = (flag: string, pairs: Readonly<Record<string, string>>) =>
        Object.entries(pairs).flatMap(([key, value]) => [flag, `${key}=${value}`]);
      const args = [...flags('--opt', options), ...flags('--label', labels), ...(name === '' ? [] : [name])];
      return attempt(['gantry', 'volume', 'create', ...args], `${name === '' ? 'a volume' : name} made`, () =>
        volumes.create(config),
      );
    },
    previewVolumePrune: (all) =>
      volumes.prune({ all, preview: true }).catch((error: unknown) => {
        tellers.view.say('error', messageOf(error));
        return undefined;
      }),
    pruneVolumes: async (all) => {
      let reclaimedBytes = 0;
      const args = ['gantry', 'volume', 'prune', '--force', ...(all ? ['--all'] : [])];
      const failure = await attempt(args, '', async () => {
        ({ reclaimedBytes } = await volumes.prune({ all }));
      });
      const sum = formatDecimalBytes(reclaimedBytes, 4);
      if (failure === undefined) tellers.view.say('ok', `Total reclaimed space: ${sum}`);
      return failure === undefined;
    },
  };
}
