import type { DetailTab, ListName, PaneName, ViewState } from '../store/view-store.js';
import type { Command } from './command.js';

/** Where a key means something: everywhere, in a list, in one of the detail panes, or in a dialog. */
export type KeyContext =
  | ('everywhere' | ListName | 'stats' | 'tune' | 'logs' | 'layers' | 'files' | 'sessions' | 'text')
  | DialogContext;

/** Dialogs have these keys alone: no other context holds while one is open. */
export type DialogContext = 'question' | 'menu' | 'form';

/** The contexts as headings of help and documentation, in their order there. */
export const CONTEXT_NAMES: Readonly<Record<KeyContext, string>> = {
  everywhere: 'everywhere',
  containers: 'containers',
  images: 'images',
  volumes: 'volumes',
  networks: 'networks',
  stats: 'graphs',
  tune: 'tuning limits',
  logs: 'logs',
  layers: 'layers and files',
  files: 'files of a volume',
  sessions: 'shells and attached programs',
  text: 'other details',
  question: 'questions',
  menu: 'menus, lists and texts in front',
  form: 'forms and typed lines',
};

export function isDialogContext(context: KeyContext): context is DialogContext {
  return context === 'question' || context === 'menu' || context === 'form';
}

export interface Binding {
  readonly context: KeyContext;
  /** As key-names.ts spells them; the first is the one that is shown. None: it is in the palette only. */
  readonly keys: readonly string[];
  readonly command: Command;
  /** For the footer: one or two words. */
  readonly label: string;
  /** For help and palette: what it does. */
  readonly help: string;
  /** Shown in the footer in this order; absent: only in help. */
  readonly footer?: number;
}

type Row = readonly [keys: string, command: Command, label: string, help: string, footer?: number];

/** Of every list but for what `space` marks. */
const LIST_KEYS: readonly Row[] = [
  ['o', 'sort', 'sort', 'choose the column to sort by'],
  ['O', 'reverse', 'reverse', 'turn the order round'],
  ['C', 'columns', 'columns', 'choose the columns of the list'],
  ['v', 'mark-range', 'range', 'mark all rows from the one that was marked last to this one'],
  ['ctrl-a', 'mark-all', 'mark all', 'mark all that are listed'],
  ['\\', 'mark-none', 'unmark', 'clear the marks'],
  ['b', 'bulk', 'bulk', 'what can be done with all marked ones, as a menu'],
];

/** The one table of keys: footer, help, palette and docs/keys.md are made from it; key-file.ts puts the user's own keys in. */
export const KEYMAP: readonly Binding[] = [
  ...bind('containers', [
    ['enter', 'open', 'open', 'show the details, over the whole screen where it is small', 10],
    ['l', 'show-logs', 'logs', 'logs of the container, or of all marked ones as one', 11],
    ['e', 'shell', 'shell', 'a shell in the container, beside the list; ctrl-] gives the keys back to the screen', 12],
    ['E', 'shell-full', 'shell', 'a shell in the container, on the whole screen'],
    ['A', 'attach', 'attach', "attach to the container's own program; ctrl-p ctrl-q leaves it"],
    ['s', 'start-stop', 'stop/start', 'start it, or stop it after a question', 13],
    ['r', 'restart', 'restart', 'stop and start it', 14],
    ['p', 'pause', 'pause', 'pause it, or let it run on', 18],
    ['K', 'kill', 'kill', 'send it a signal, chosen from a menu'],
    ['d', 'remove', 'rm', 'remove it, after a question', 16],
    ['D', 'remove-force', 'rm -f', 'remove it by force, with its anonymous volumes too'],
    ['u', 'tune', 'tune', 'move its limits while it runs', 15],
    ['i', 'show-inspect', 'inspect', 'everything the engine knows about it'],
    ['t', 'show-top', 'top', 'its processes'],
    ['N', 'show-namespaces', 'namespaces', 'its namespaces, and who shares them'],
    ['S', 'show-security', 'security', 'capabilities, seccomp and user of what runs'],
    ['n', 'show-network', 'network', 'its published ports, networks and addresses'],
    ['w', 'connect', 'connect', 'connect a container to a network'],
    ['W', 'disconnect', 'disconnect', 'disconnect a container from a network'],
    ['U', 'open-port', 'open port', 'open a published port in the browser, or copy its address'],
    ['y', 'show-layers', 'layers', 'files of the layers of its image and what it changed'],
    ['R', 'run', 'run', 'run a new container from its image', 17],
    ['a', 'toggle-all', 'all/running', 'show all containers or those that run'],
    [
      'F',
      'group-projects',
      'projects',
      'group by compose project; what is done to the row of a project is done to all of it',
    ],
    ['f', 'fold-project', 'fold', 'fold or unfold the project'],
    ['o', 'sort', 'sort', 'choose the column to sort by'],
    ['O', 'reverse', 'reverse', 'turn the order round'],
    ['C', 'columns', 'columns', 'choose the columns of the list'],
    ['space', 'mark', 'mark', 'mark it; stop, restart, pause, kill and remove then act on all marked ones', 19],
    ['v', 'mark-range', 'range', 'mark all rows from the one that was marked last to this one'],
    ['ctrl-a', 'mark-all', 'mark all', 'mark all that are listed'],
    ['\\', 'mark-none', 'unmark', 'clear the marks'],
    ['b', 'bulk', 'bulk', 'what can be done with all marked ones, as a menu'],
    ['P', 'prune', 'prune', 'remove all stopped containers, after a question that names them'],
  ]),
  ...bind('images', [
    ['enter R', 'run', 'run', 'run a container from it', 10],
    ['y', 'show-layers', 'layers', 'go to its layers and their files', 11],
    ['p', 'pull', 'pull', 'pull an image from a registry', 12],
    ['u', 'push', 'push', 'push it to a registry', 15],
    ['t', 'tag', 'tag', 'give it another name'],
    ['s', 'save', 'save', 'write it, or all marked ones, to a file'],
    ['L', 'load', 'load', 'load images from a file'],
    ['d', 'remove', 'rm', 'remove it or one of its names, after a question', 13],
    ['D', 'remove-force', 'rm -f', 'remove it by force, though stopped containers have it'],
    ['P', 'prune', 'prune', 'remove unused images, after a question that says what that frees', 14],
    ['I', 'login', 'log in', 'log in to a registry'],
    ['h', 'image-history', 'history', 'how it was made, layer by layer'],
    ['i', 'image-inspect', 'inspect', 'everything the engine knows about it'],
    ['w', 'image-containers', 'used by', 'the containers that have it'],
    ['o', 'sort', 'sort', 'choose the column to sort by'],
    ['O', 'reverse', 'reverse', 'turn the order round'],
    ['C', 'columns', 'columns', 'choose the columns of the list'],
    ['space', 'mark', 'mark', 'mark it; save and remove then act on all marked ones'],
    ['v', 'mark-range', 'range', 'mark all rows from the one that was marked last to this one'],
    ['ctrl-a', 'mark-all', 'mark all', 'mark all that are listed'],
    ['\\', 'mark-none', 'unmark', 'clear the marks'],
    ['b', 'bulk', 'bulk', 'what can be done with all marked ones, as a menu'],
  ]),
  ...bind('layers', [
    ['space enter', 'tree-fold', 'fold', 'fold or unfold the directory', 10],
    ['ctrl-space', 'tree-fold-all', 'fold all', 'fold or unfold all directories'],
    ['1', 'tree-this-layer', 'this layer', 'only what this layer brings and takes away', 11],
    ['2', 'tree-stack', 'up to here', 'all files with this layer on top', 12],
    ['a', 'tree-added', 'added', 'show or hide what it added'],
    ['c', 'tree-changed', 'changed', 'show or hide what it changed'],
    ['d', 'tree-deleted', 'deleted', 'show or hide what it deleted'],
    ['u', 'tree-unchanged', 'unchanged', 'show or hide what it left unchanged', 15],
    ['W', 'tree-waste', 'wasted', 'list what the layers store in vain, or the files again', 13],
    ['x', 'tree-extract', 'extract', 'copy the file or directory to the host', 14],
    ['/', 'tree-filter', 'filter', 'filter the files by name; by path with a slash in it', 16],
  ]),
  ...bind('files', [
    ['space enter', 'tree-fold', 'fold', 'fold or unfold the directory', 10],
    ['ctrl-space', 'tree-fold-all', 'fold all', 'fold or unfold all directories', 11],
    ['x', 'tree-extract', 'extract', 'copy the file or directory to the host', 12],
    ['/', 'tree-filter', 'filter', 'filter the files by name; by path with a slash in it', 13],
  ]),
  ...bind('volumes', [
    ['enter', 'open', 'open', 'show the details, over the whole screen where it is small', 10],
    ['y', 'show-layers', 'files', 'browse its files', 11],
    ['n', 'create-volume', 'new', 'make a volume', 12],
    ['d', 'remove', 'rm', 'remove it, after a question; of one in use it says who has it', 13],
    ['P', 'prune', 'prune', 'remove unused volumes, after a question that says what that frees', 14],
    ...LIST_KEYS,
    ['space', 'mark', 'mark', 'mark it; remove then acts on all marked ones'],
  ]),
  ...bind('networks', [
    ['enter', 'open', 'open', 'show the details, over the whole screen where it is small', 10],
    ['n', 'create-network', 'new', 'make a network', 11],
    ['w', 'connect', 'connect', 'connect a container to it', 12],
    ['W', 'disconnect', 'disconnect', 'disconnect a container from it', 13],
    ['d', 'remove', 'rm', 'remove it, after a question', 14],
    ['P', 'prune', 'prune', 'remove networks that no container is in, after a question that names them', 15],
    ['t', 'network-traffic', 'traffic', 'graphs of what comes into its containers and goes out', 16],
    ['i', 'network-inspect', 'inspect', 'everything the engine knows about it'],
    ...LIST_KEYS,
    ['space', 'mark', 'mark', 'mark it; remove then acts on all marked ones'],
  ]),
  ...bind('sessions', [
    ['enter', 'session-type', 'type', 'give the keys to the program; ctrl-] takes them back', 10],
    ['[', 'session-previous', 'tab', 'the session before'],
    [']', 'session-next', 'tab', 'the next session', 11],
    ['e', 'session-new', 'new', 'another shell in the same container', 12],
    ['x', 'session-close', 'end', 'end the shell, or leave the program that was attached', 13],
    ['ctrl-]', 'session-leave-key', 'send ctrl-]', 'send ctrl-] to the program'],
  ]),
  ...bind('tune', [
    ['left', 'tune-less', 'less', 'one step less', 10],
    ['right', 'tune-more', 'more', 'one step more', 11],
    ['shift-left', 'tune-less-ten', '-10', 'ten steps less'],
    ['shift-right', 'tune-more-ten', '+10', 'ten steps more'],
    ['ctrl-left', 'tune-less-fine', 'finer', 'the finest step less: 1 MiB, 0.01 CPUs'],
    ['ctrl-right', 'tune-more-fine', 'finer', 'the finest step more: 1 MiB, 0.01 CPUs'],
    ['down j', 'tune-next', 'field', 'next limit', 15],
    ['up k', 'tune-previous', 'field', 'limit before'],
    ['m', 'tune-max', 'no limit', 'take the limit away', 14],
    ['=', 'tune-peak', 'peak+20%', 'set memory to the peak of the last ten minutes and a fifth more', 16],
    ['L', 'tune-live', 'live', 'apply every step at once, or only on enter', 13],
    ['/', 'tune-type', 'type', 'type a value: 512m, 1.5, 0-1, max, /dev/sda:10m; a digit begins one too', 17],
    ['enter', 'tune-apply', 'apply', 'write the limits to the kernel and read them back', 12],
  ]),
  ...bind('logs', [
    ['f', 'log-follow', 'follow', 'follow the end of the log', 10],
    ['/', 'log-search', 'search', 'search; an expression, or plain text', 11],
    ['n', 'log-next', 'next', 'next match, downwards', 12],
    ['N', 'log-previous', 'previous', 'match before, upwards'],
    ['&', 'log-keep', 'keep', 'show only lines that match; ! in front for all others', 13],
    ['!', 'log-hide', 'hide', 'show no lines that match', 14],
    ['w', 'log-wrap', 'wrap', 'wrap long lines', 15],
    ['t', 'log-time', 'time', 'show the time of each line', 16],
    ['J', 'log-json', 'json', 'set lines of JSON out over several rows', 17],
    ['m', 'log-mark', 'mark', 'set a mark below the last line'],
    ['ctrl-s', 'log-save', 'save', 'write the lines that are shown to a file'],
    ['0', 'log-tail', 'tail', 'the end of the log'],
    ['1', 'log-head', 'head', 'the begin of the log'],
    ['2', 'log-1m', '1m', 'what came since a minute'],
    ['3', 'log-5m', '5m', 'what came since 5 minutes'],
    ['4', 'log-15m', '15m', 'what came since 15 minutes'],
    ['5', 'log-30m', '30m', 'what came since 30 minutes'],
    ['6', 'log-1h', '1h', 'what came since an hour'],
    ['x', 'log-clear', 'clear', 'forget the lines so far (not in the file)'],
    ['left', 'log-left', 'left', 'scroll to the left'],
    ['right', 'log-right', 'right', 'scroll to the right'],
  ]),
  ...bind('text', [
    ['left', 'text-left', 'left', 'scroll to the left'],
    ['right', 'text-right', 'right', 'scroll to the right, where lines are wider than the pane'],
  ]),
  ...bind('stats', [
    ['f', 'graph-freeze', 'freeze', 'hold the graphs still', 10],
    ['-', 'graph-out', 'zoom out', 'more time in the same width', 11],
    ['+', 'graph-in', 'zoom in', 'less time in the same width', 12],
    ['left', 'graph-left', 'cursor', 'the cursor one column back; the titles say what was then', 13],
    ['right', 'graph-right', 'cursor', 'the cursor one column on'],
    ['shift-left', 'graph-left-ten', 'cursor', 'the cursor ten columns back'],
    ['shift-right', 'graph-right-ten', 'cursor', 'the cursor ten columns on'],
    ['=', 'graph-reset', 'reset', 'one second a column, no cursor, moving'],
    ['.', 'graph-overlay', 'compare', 'the marked containers in one graph each, or the selected one alone', 14],
    ['g', 'graph-glyphs', 'glyphs', 'draw in braille, blocks or ASCII', 15],
  ]),
  ...bind('everywhere', [
    ['j down', 'down', 'down', 'next row'],
    ['k up', 'up', 'up', 'row before'],
    ['g home', 'first', 'first', 'first row'],
    ['G end', 'last', 'last', 'last row'],
    ['ctrl-d', 'half-down', 'half page', 'half a page down'],
    ['ctrl-u', 'half-up', 'half page', 'half a page up'],
    ['pagedown', 'page-down', 'page', 'a page down'],
    ['pageup', 'page-up', 'page', 'a page up'],
    ['tab', 'next-pane', 'pane', 'next pane', 30],
    ['shift-tab', 'previous-pane', 'pane', 'pane before'],
    ['1', 'pane-1', 'containers', 'the containers'],
    ['2', 'pane-2', 'images', 'the images'],
    ['3', 'pane-3', 'volumes', 'the volumes'],
    ['4', 'pane-4', 'networks', 'the networks'],
    ['5', 'pane-5', 'details', 'the details'],
    ['6', 'sessions', 'shells', 'the shells and attached programs that are open'],
    [']', 'next-tab', 'tab', 'next tab of the details', 31],
    ['[', 'previous-tab', 'tab', 'tab before'],
    ['esc', 'back', 'back', 'back, or clear the filter'],
    ['/', 'filter', 'filter', 'filter the list: text, expression, !others, ~fuzzy or label:key=value', 32],
    ['+', 'larger', 'larger', 'make the pane larger: half, full'],
    ['_', 'smaller', 'smaller', 'make the pane smaller'],
    ['z', 'undo', 'undo', 'take back the last change: limits, pause, stop, a connection to a network'],
    ['ctrl-z', 'suspend', 'suspend', 'back to the shell; fg returns'],
    ['c', 'copy', 'copy', 'copy the id or the name to the clipboard (OSC 52)'],
    ['ctrl-l', 'redraw', 'redraw', 'draw the screen anew'],
    ['ctrl-r', 'reload', 'reload', 'read everything from the engine again'],
    ['X', 'own-commands', 'yours', 'your own commands for what is selected, from commands.json'],
    ['M', 'mouse', 'mouse', 'take the mouse, or leave it to the terminal for selecting text'],
    ['Q', 'contexts', 'engines', 'show another engine: that of this host, or of one of your contexts'],
    ['', 'theme', 'theme', 'choose the colours: dark, light, colour-blind safe, plain, or a file of your own'],
    ['T', 'transfers', 'transfers', 'what is pulled, pushed, saved and loaded, and what was'],
    ['@', 'command-log', 'commands', 'what was done, as gantry command lines', 34],
    ['V', 'events', 'events', 'what has happened, newest first; each in full'],
    [':', 'palette', 'palette', 'all that can be done, by name', 33],
    ['?', 'help', 'help', 'all keys, with search'],
    ['q', 'quit', 'quit', 'back, or leave; containers run on', 36],
    ['ctrl-c', 'quit-now', 'quit', 'leave at once; containers run on'],
  ]),
  ...bind('question', [
    ['enter y', 'answer-yes', 'yes', 'do what the question is about'],
    ['n q', 'answer-no', 'no', 'leave everything as it is'],
    ['down j', 'menu-down', 'down', 'where it is long: further down'],
    ['up k', 'menu-up', 'up', 'where it is long: further up'],
    ['pagedown', 'menu-page-down', 'page', 'ten rows down'],
    ['pageup', 'menu-page-up', 'page', 'ten rows up'],
    ['home', 'menu-first', 'first', 'to its first row'],
    ['end', 'menu-last', 'last', 'to its last row'],
  ]),
  ...bind('menu', [
    ['enter', 'menu-choose', 'choose', 'do what is chosen; close a text'],
    ['q', 'menu-close', 'close', 'close it'],
    ['down j', 'menu-down', 'down', 'next row'],
    ['up k', 'menu-up', 'up', 'row before'],
    ['pagedown', 'menu-page-down', 'page', 'ten rows down'],
    ['pageup', 'menu-page-up', 'page', 'ten rows up'],
    ['home', 'menu-first', 'first', 'first row'],
    ['end', 'menu-last', 'last', 'last row'],
    ['space', 'column-toggle', 'on/off', 'of the columns: show or hide it'],
    ['=', 'columns-all', 'all', 'of the columns: show all'],
    ['x', 'transfer-cancel', 'cancel', 'of a pull or push: cancel it'],
    ['r', 'transfer-again', 'again', 'of a pull or push that has ended: try again'],
    ['l', 'transfer-login', 'log in', 'of a pull or push that was refused: log in to its registry'],
  ]),
  ...bind('form', [
    ['enter', 'form-submit', 'do it', 'do what the form asks for; what is chosen below a typed line'],
    ['tab', 'form-next', 'next', 'complete what is typed, or go to the next field'],
    ['shift-tab', 'form-previous', 'previous', 'field before'],
    ['down', 'form-down', 'down', 'next field or row'],
    ['up', 'form-up', 'up', 'field or row before'],
    ['pagedown', 'form-page-down', 'page', 'ten rows down'],
    ['pageup', 'form-page-up', 'page', 'ten rows up'],
    ['ctrl-r', 'form-recent', 'recent', 'of the run form: what was run before'],
  ]),
];

/** The contexts of a pane, nearest first. In the details of a container its own keys hold too, where the detail has not taken them. */
export function contextsOf(focus: PaneName, tab: DetailTab): readonly KeyContext[] {
  if (focus === 'detail') return [detailContext(tab), 'containers', 'everywhere'];
  if (focus === 'layers' || focus === 'files') return ['layers', 'everywhere'];
  if (focus === 'compare') return ['stats', 'containers', 'everywhere'];
  if (focus === 'sessions') return ['sessions', 'everywhere'];
  if (focus === 'namespaces') return ['text', 'containers', 'everywhere'];
  if (focus === 'tune' || focus === 'logs') return [focus, 'containers', 'everywhere'];
  return [focus, 'everywhere'];
}

/** The contexts of what has the focus: the details are those of the list in front, panes beside them those of a container. */
export function activeContexts({
  focus,
  tab,
  list,
  networkTab,
}: Pick<ViewState, 'focus' | 'tab' | 'list' | 'networkTab'>): readonly KeyContext[] {
  if (focus === 'files' && list === 'volumes') return ['files', 'everywhere'];
  if (focus === 'detail' && list === 'networks' && networkTab === 'traffic') return ['networks', 'stats', 'everywhere'];
  return focus === 'detail' && list !== 'containers' ? [list, 'text', 'everywhere'] : contextsOf(focus, tab);
}

/** What a key does in the first context that knows it; `bindings` are the table with what the user has changed in it. */
export function findBinding(
  contexts: readonly KeyContext[],
  key: string,
  bindings: readonly Binding[] = KEYMAP,
): Binding | undefined {
  for (const context of contexts) {
    const found = bindings.find((binding) => binding.context === context && binding.keys.includes(key));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The key that a sentence names for a command, in one context where several have it; empty where it has none. */
export function keyOf(bindings: readonly Binding[], command: Command, context?: KeyContext): string {
  const isMeant = (binding: Binding) => binding.command === command && (context ?? binding.context) === binding.context;
  return bindings.find(isMeant)?.keys[0] ?? '';
}

/** The end of a sentence that says which key does something: `: s starts it`; nothing where no key does. */
export function keyHint(bindings: readonly Binding[], command: Command, does: string, context?: KeyContext): string {
  const key = keyOf(bindings, command, context);
  return key === '' ? '' : `: ${key} ${does}`;
}

/** The bindings for the footer, those of the pane first; a key that a nearer context has taken is left out. */
export function footerBindings(
  contexts: readonly KeyContext[],
  bindings: readonly Binding[] = KEYMAP,
): readonly Binding[] {
  const [nearest = 'everywhere', ...others] = contexts;
  const order: readonly KeyContext[] = [nearest, 'everywhere', ...others];
  return bindings
    .filter(
      (binding) =>
        binding.footer !== undefined &&
        contexts.includes(binding.context) &&
        findBinding(contexts, binding.keys[0] ?? '', bindings) === binding,
    )
    .sort((a, b) => order.indexOf(a.context) - order.indexOf(b.context) || (a.footer ?? 0) - (b.footer ?? 0));
}

function detailContext(tab: DetailTab): KeyContext {
  return tab === 'stats' || tab === 'tune' || tab === 'logs' ? tab : 'text';
}

function bind(context: KeyContext, rows: readonly Row[]): readonly Binding[] {
  return rows.map(([keys, command, label, help, footer]) => ({
    context,
    keys: keys === '' ? [] : keys.split(' '),
    command,
    label,
    help,
    ...(footer === undefined ? {} : { footer }),
  }));
}
