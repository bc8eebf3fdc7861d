import { type FlagSpec, refuseFlag } from '../../model/flags.js';

export const FORMAT: FlagSpec = {
  long: 'format',
  kind: 'string',
  summary: "How to print: 'table', 'table TEMPLATE', 'json', or a Go template",
};
export const FILTER: FlagSpec = {
  long: 'filter',
  short: 'f',
  kind: 'list',
  word: 'filter',
  summary: 'Only what fits (name=value)',
};
/** Without a letter: `-f` is `--force` there. */
export const PRUNE_FILTER: FlagSpec = {
  long: 'filter',
  kind: 'list',
  word: 'filter',
  summary: 'Only what fits (until=, label=)',
};
export const DRY_RUN: FlagSpec = {
  long: 'dry-run',
  kind: 'bool',
  summary: 'Print what would be removed, and remove nothing',
};
export const FORCE: FlagSpec = { long: 'force', short: 'f', kind: 'bool', summary: 'Do not ask' };
export const NO_TRUNC: FlagSpec = { long: 'no-trunc', kind: 'bool', summary: 'Print values in full' };
export const PLATFORM: FlagSpec = { long: 'platform', kind: 'string', summary: 'Platform, such as linux/arm64' };
export const INSPECT_FORMAT: FlagSpec = {
  long: 'format',
  short: 'f',
  kind: 'string',
  summary: "How to print: 'json' or a Go template",
};
export const DETACH_KEYS: FlagSpec = {
  long: 'detach-keys',
  kind: 'string',
  summary: 'Keys that detach from it',
  fallback: 'ctrl-p,ctrl-q',
};
export const SIG_PROXY: FlagSpec = {
  long: 'sig-proxy',
  kind: 'bool',
  summary: 'Pass signals on to it',
  fallback: 'true',
};
export const CHANGE: FlagSpec = {
  long: 'change',
  short: 'c',
  kind: 'list',
  summary: 'Dockerfile instruction for the image',
};
export const SINCE: FlagSpec = {
  long: 'since',
  kind: 'string',
  summary: 'Only what is later: a time, or an age such as 10m',
};
export const UNTIL: FlagSpec = {
  long: 'until',
  kind: 'string',
  summary: 'Only what is earlier: a time, or an age such as 10m',
};
export const SIGNAL: FlagSpec = { long: 'signal', short: 's', kind: 'string', summary: 'Signal to send' };
export const TIMEOUT: FlagSpec = {
  long: 'timeout',
  short: 't',
  kind: 'int',
  summary: 'Seconds to wait before SIGKILL; -1 for ever',
};
export const QUIET_IDS: FlagSpec = { long: 'quiet', short: 'q', kind: 'bool', summary: 'Print ids only' };

export const MANY = Number.POSITIVE_INFINITY;

export const REFUSED_PLATFORM = refuseFlag('platform', 'string', 'an image is of one platform here');
