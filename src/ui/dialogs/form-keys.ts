import type { FormDialog, FormField } from '../../store/dialog.js';
import { stepFormField, takeCompletion, typeInForm } from '../../store/form.js';
import type { Workspace } from '../../store/workspace.js';
import { editTextField, type TextField } from '../text-field.js';

/** What a key does to a form: `esc` is not among them. */
export function handleFormKey(workspace: Workspace, form: FormDialog, key: string): void {
  const field = form.fields[form.index];
  if (field === undefined || form.isWaiting === true) return;
  const completed = takeCompletion(field, () => field.complete?.(field.text) ?? [], key);
  if (key === 'enter') void submitForm(workspace, form);
  else if (completed !== undefined) show(workspace, typeInForm(form, completed));
  else if (key === 'down' || key === 'tab') show(workspace, stepFormField(form, 1));
  else if (key === 'up' || key === 'shift-tab') show(workspace, stepFormField(form, -1));
  else {
    const edited = field.isSwitch === true ? turnSwitch(field, key) : editTextField(field, key);
    if (edited !== undefined) show(workspace, typeInForm(form, edited));
  }
}

function turnSwitch({ text }: FormField, key: string): TextField | undefined {
  if (key !== 'space' && key !== 'left' && key !== 'right') return undefined;
  return { text: text === '' ? 'on' : '', cursor: 0 };
}

/** The form stays until it is known whether it is right; what the user has opened meanwhile stays too. */
async function submitForm({ view }: Workspace, form: FormDialog): Promise<void> {
  const waiting: FormDialog = { ...form, isWaiting: true, error: undefined };
  view.setState({ dialog: waiting });
  const error = await form.submit(form.fields.map(({ text, isSecret }) => (isSecret === true ? text : text.trim())));
  if (view.getState().dialog !== waiting) {
    if (error !== undefined) view.say('error', error);
    return;
  }
  view.setState({ dialog: error === undefined ? undefined : { ...form, error } });
}

function show({ view }: Workspace, dialog: FormDialog): void {
  view.setState({ dialog });
}
