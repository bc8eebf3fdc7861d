import type { FlagSpec } from '../../model/flags.js';
import { DEFAULT_RUNTIME_ROOT } from '../../model/oci-runtime.js';

/** What stands before the command of `gantry runtime`: runc's own, which its callers give. */
export const RUNTIME_FLAGS: readonly FlagSpec[] = [
  { long: 'debug', kind: 'bool', summary: 'Print the stack of an error' },
  { long: 'log', kind: 'string', word: 'file', summary: 'Append errors to a file' },
  {
    long: 'log-format',
    kind: 'string',
    summary: 'Form of what is appended',
    choices: ['text', 'json'],
    fallback: 'text',
  },
  { long: 'root', kind: 'string', summary: 'Folder of the states', fallback: DEFAULT_RUNTIME_ROOT },
  { long: 'rootless', kind: 'string', summary: 'Taken, and without meaning' },
  {
    long: 'systemd-cgroup',
    kind: 'bool',
    summary: 'Taken; the cgroups of systemd are refused where a bundle asks for one',
  },
  { long: 'version', short: 'v', kind: 'bool', summary: 'Print the version' },
];
