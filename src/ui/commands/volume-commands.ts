import type { VolumePrunePreview } from '../../store/actions.js';
import { makeField, makeForm } from '../../store/form.js';
import { selectVolumeRows } from '../../store/list-rows.js';
import { splitWords } from '../../store/split-words.js';
import { findVolumeUsers } from '../../store/volume-users.js';
import type { Workspace } from '../../store/workspace.js';
import { formatBytes } from '../rows/format.js';
import { selectedKey } from './container-commands.js';
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
        workspace.actions.createVolume({ name: name.trim(), options: toPairs(options), labels: toPairs(labels) }),
    }),
  });
}

function toPairs(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    splitWords(text).map((word) => {
      const index = word.indexOf('=');
      return index < 0 ? [word, ''] : [word.slice(0, index), word.slice(index + 1)];
    }),
  );
}

/** Removes the selected volume after a question; of one in use it says who has it. */
export function removeVolume(workspace: Workspace): void {
  const { view, resources, containers, actions } = workspace;
  const state = resources.getState();
  const key = selectedKey(workspace);
  const volume = selectVolumeRows(state, view.getState().lists.volumes.filter).find(({ name }) => name === key);
  if (volume === undefined) return;
  const users = findVolumeUsers(containers.getState(), volume.name).map(({ container }) => container.name);
  if (users.length > 0) {
    view.say('info', `${nameSome([...new Set(users)])} has it: remove that first`);
    return;
  }
  const bytes = state.volumeBytes.get(volume.name);
  openConfirm(workspace, {
    question: `Remove ${volume.name}?`,
    lines: [bytes === undefined ? 'What is in it is lost.' : `What is in it is lost: ${formatBytes(bytes)}.`],
    verb: 'remove',
    confirm: () => void actions.removeVolume(volume.name),
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
