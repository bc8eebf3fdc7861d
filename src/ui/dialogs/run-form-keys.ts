import { takeCompletion } from '../../store/form.js';
import {
  completeRunField,
  filledRunFields,
  RUN_FIELDS,
  type RunForm,
  recallRun,
  turnRunSwitch,
  typeInRunForm,
} from '../../store/run-form.js';
import type { Workspace } from '../../store/workspace.js';
import { bringImage } from '../commands/bring-image.js';
import { editTextField } from '../text-field.js';

/** What a key does to the run form; `esc` is not among them. */
export function handleRunKey(workspace: Workspace, form: RunForm, key: string): void {
  if (key === 'enter') void submit(workspace, form);
  else if (key === 'ctrl-r') recall(workspace, form);
  else {
    const changed = changeField(workspace, form, key);
    if (changed !== undefined) setForm(workspace, changed);
  }
}

function recall(workspace: Workspace, form: RunForm): void {
  const recalled = recallRun(form, workspace.recents.getState().runs);
  if (recalled === undefined) workspace.view.say('info', 'nothing has been run from this form yet');
  else setForm(workspace, recalled);
}

function changeField({ resources }: Workspace, form: RunForm, key: string): RunForm | undefined {
  const isSwitch = RUN_FIELDS.find(({ name }) => name === form.field)?.kind === 'switch';
  const typed = { text: form.values[form.field], cursor: form.cursor };
  const completed = isSwitch
    ? undefined
    : takeCompletion(typed, () => completeRunField(form, resources.getState()), key);
  if (completed !== undefined) return typeInRunForm(form, completed, resources.getState());
  if (key === 'down' || key === 'tab') return stepField(form, 1);
  if (key === 'up' || key === 'shift-tab') return stepField(form, -1);
  if (isSwitch) return key === 'space' || key === 'left' || key === 'right' ? turnRunSwitch(form) : undefined;
  const edited = editTextField(typed, key);
  return edited === undefined ? undefined : typeInRunForm(form, edited, resources.getState());
}

/** Pulls the image first where it is not there, so that its layers are seen. */
async function submit(workspace: Workspace, form: RunForm): Promise<void> {
  const { view, recents, resources, actions } = workspace;
  view.setState({ dialog: undefined });
  if (!(await bringImage(workspace, form.values.image.trim()))) {
    recents.addRun(filledRunFields(form));
    return;
  }
  const result = await actions.run(form, resources.getState());
  if ('form' in result) {
    setForm(workspace, result.form);
  } else {
    recents.addRun(filledRunFields(form));
    view.setState({ focus: 'containers', list: 'containers' });
    view.setList('containers', { selectedKey: result.id, filter: '' });
  }
}

function setForm({ view }: Workspace, form: RunForm): void {
  view.setState({ dialog: { kind: 'run', form } });
}

function stepField(form: RunForm, step: 1 | -1): RunForm {
  const index = RUN_FIELDS.findIndex(({ name }) => name === form.field);
  const field = RUN_FIELDS[(index + step + RUN_FIELDS.length) % RUN_FIELDS.length]?.name ?? 'image';
  return { ...form, field, cursor: [...form.values[field]].length };
}
