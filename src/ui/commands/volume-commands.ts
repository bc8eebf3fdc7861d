import type { Volume } from '../../model/volume.js';
import { makeField, makeForm } from '../../store/form.js';
import { splitPairs } from '../../store/split-words.js';
import type { VolumePrunePreview } from '../../store/volume-actions.js';
import { findVolumeUsers } from '../../store/volume-rows.js';
import type { Workspace } from '../../store/workspace.js';
import { formatBytes } from '../rows/format.js';
import { nameSome, openConfirm, openMenu } from './questions.js';

/** Asks for a volume's name, labels and the options of the local driver. */
export function openCreateVolume(workspace: Workspace): void {
  workspace.view.setState({
    dialog: makeForm({
      title: 'Make a volume',
      lines: [],
      verb: 'make',
      fields: [
        makeField({ label: 'name', hint: 'empty: it gets one, and is anonymous' }),
        makeField({ label: 'options', hint: 'type=tmpfs device=tmpfs o=size=64m; empty: a folder' }),
        makeField({ label: 'labels', hint: 'key=value …' }),
      ],
      submit: ([name = '', options = '', labels = '']) =>
        workspace.actions.createVolume({ name: name.trim(), options: splitPairs(options), labels: splitPairs(labels) }),
    }),
  });
}

/** The volumes that an action is for: all marked ones, else the selected one. */
export function volumeTargets({ view, resources, selectedVolume }: Workspace): readonly Volume[] {
  const { markedVolumes } = view.getState();
  const marked = resources.getState().volumes.filter(({ name }) => markedVolumes.has(name));
  if (marked.length > 0) return marked;
  const selected = selectedVolume();
  return selected === undefined ? [] : [selected];
}

/** Removes volumes after a question; of those in use it says who has them. */
export function removeVolumes(workspace: Workspace): void {
  const { view, resources, containers, actions } = workspace;
  const volumes = volumeTargets(workspace);
  if (volumes.length === 0) return;
  const users = volumes
    .flatMap(({ name }) => findVolumeUsers(containers.getState(), name))
    .map(({ container }) => container.name);
  if (users.length > 0) {
    view.say('info', `${nameSome([...new Set(users)])} has it: remove that first`);
    return;
  }
  const { volumeBytes } = resources.getState();
  const sizes = volumes.flatMap(({ name }) => volumeBytes.get(name) ?? []);
  const bytes = sizes.reduce((sum, each) => sum + each, 0);
  const isTold = sizes.length === volumes.length;
  openConfirm(workspace, {
    question: `Remove ${nameSome(volumes.map(({ name }) => shorten(name)))}?`,
    lines: [isTold ? `What is in it is lost: ${formatBytes(bytes)}.` : 'What is in it is lost.'],
    verb: 'remove',
    confirm: () => {
      view.setState({ markedVolumes: new Set() });
      for (const { name } of volumes) void actions.removeVolume(name);
    },
  });
}

/** Says what a prune would remove and free, of anonymous volumes and of all, and asks which of the two. */
export async function pruneVolumes(workspace: Workspace): Promise<void> {
  const { actions, view } = workspace;
  const anonymous = await actions.previewVolumePrune(false);
  const all = await actions.previewVolumePrune(true);
  if (anonymous === undefined || all === undefined) return;
  if (all.removed.length === 0) {
    view.say('info', 'every volume has a container: nothing to prune');
    return;
  }
  const choice = (label: string, report: VolumePrunePreview, isAll: boolean) => ({
    label,
    hint:
      report.removed.length === 0 ? 'none' : `${report.removed.length}, frees ${formatBytes(report.reclaimedBytes)}`,
    choose: () => {
      if (report.removed.length === 0) return;
      openConfirm(workspace, {
        question: `Remove ${report.removed.length} ${label} volume${report.removed.length === 1 ? '' : 's'}?`,
        lines: [nameSome(report.removed.map(shorten), 12), `Frees ${formatBytes(report.reclaimedBytes)}.`],
        verb: 'remove',
        confirm: () => void actions.pruneVolumes(isAll),
      });
    },
  });
  openMenu(workspace, 'Prune volumes', [choice('anonymous', anonymous, false), choice('unused', all, true)]);
}

/** The names of anonymous ones are ids. */
function shorten(name: string): string {
  return /^[0-9a-f]{64}$/.test(name) ? name.slice(0, 12) : name;
}
