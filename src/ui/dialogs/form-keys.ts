import type { FormDialog } from '../../store/dialog.js';
import { stepFormField, takeCompletion, typeInForm } from '../../store/form.js';
import type { Workspace } from '../../store/workspace.js';
import { editTextField } from '../text-field.js';

/** What a key does to a form: `esc` is not among them. */
export function handleFormKey(workspace: Workspace, form: FormDialog, key: string): void {
  const field = form.fields[form.index];
  if (field === undefined) return;
  const completed = takeCompletion(field, field.complete?.(field.text) ?? [], key);
  if (key === 'enter') {
    void submitForm(workspace, form);
  } else if (completed !== undefined) {
    show(workspace, typeInForm(form, completed));
  } else if (key === 'down' || key === 'tab') {
    show(workspace, stepFormField(form, 1));
  } else if (key === 'up' || key === 'shift-tab') {
    show(workspace, stepFormField(form, -1));
  } else {
    const edited = editTextField(field, key);
    if (edited !== undefined) show(workspace, typeInForm(form, edited));
  }
}

async function submitForm(workspace: Workspace, form: FormDialog): Promise<void> {
  const { view } = workspace;
  view.setState({ dialog: undefined });
  const error = await form.submit(form.fields.map(({ text, isSecret }) => (isSecret === true ? text : text.trim())));
  // What the user has opened meanwhile stays.
  if (error !== undefined && view.getState().dialog === undefined) show(workspace, { ...form, error });
}

function show({ view }: Workspace, dialog: FormDialog): void {
  view.setState({ dialog });
}
