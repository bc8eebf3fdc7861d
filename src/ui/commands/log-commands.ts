import { messageOf } from '../../model/errors.js';
import { completePath, expandHome } from '../../store/file-completion.js';
import { makeField, makeForm } from '../../store/form.js';
import { searchLog } from '../../store/log-search.js';
import type { LogWindow } from '../../store/logs-store.js';
import { saveLog } from '../../store/save-log.js';
import type { Workspace } from '../../store/workspace.js';
import { keyHint } from '../keymap.js';
import type { KeyedContext } from './command-context.js';
import { nameSome } from './questions.js';

/** Holds the log still or follows its end, which the part of its begin does not have. */
export function toggleFollow(workspace: Workspace): void {
  const { ring, window } = workspace.logs.getState();
  if (window === 'head') {
    showWindow(workspace, 'tail');
    return;
  }
  const { logs } = workspace.view.getState();
  workspace.view.setLogs({ isFollowing: !logs.isFollowing, bottom: ring.end - 1, match: undefined });
}

/** Goes to the next match among the lines that are shown; the first search goes up from the end. */
export function findMatch({ workspace, bindings }: KeyedContext, direction: 1 | -1): void {
  const { ring, selection } = workspace.logs.getState();
  const { logs } = workspace.view.getState();
  if (logs.search === '') {
    workspace.view.say('info', `nothing is searched for${keyHint(bindings, 'log-search', 'searches')}`);
    return;
  }
  selection.refresh();
  const from = logs.match === undefined ? (direction === 1 ? -1 : selection.count) : selection.place(logs.match);
  const place = searchLog({ ring, selection }, logs.search, from, direction);
  if (place === undefined) {
    workspace.view.say('info', `no ${direction === 1 ? 'later' : 'earlier'} match for ${logs.search}`);
    return;
  }
  // Some lines below the match are in sight, and it too where there are few rows.
  const { focus, listHeights } = workspace.view.getState();
  const rows = (focus === 'logs' ? listHeights.logs : listHeights.detail) ?? 1;
  const below = Math.min(5, Math.floor((rows - 1) / 2));
  const bottom = selection.number(Math.min(selection.count - 1, place + below));
  workspace.view.setLogs({ match: selection.number(place), isFollowing: false, bottom });
}

/** A line for a filter, which works while it is typed. */
export function openLogFilter({ view, logs }: Workspace, kind: 'keep' | 'hide'): void {
  const before = logs.getState().filter[kind];
  view.setState({ prompt: { kind, text: before, cursor: [...before].length, before } });
}

/** Takes both filters away; false where there is none. */
export function clearLogFilter({ logs }: Workspace): boolean {
  const { keep, hide } = logs.getState().filter;
  if (keep === '' && hide === '') return false;
  logs.setFilter({ keep: '', hide: '' });
  return true;
}

/** Reads another part of the log; its begin is shown from the first line. */
export function showWindow({ view, logs }: Workspace, window: LogWindow): void {
  logs.setWindow(window);
  view.setLogs({ isFollowing: window !== 'head', bottom: 0, match: undefined });
}

/** Asks for the file that the shown lines go to. */
export function openLogSave({ workspace, bindings }: KeyedContext): void {
  const { view, logs } = workspace;
  const names = logs.getState().sources.map((source) => source.name);
  if (names.length === 0) return;
  const name = names.length > 3 ? `${names.length}-containers` : names.join('-');
  view.setState({
    dialog: makeForm({
      title: `Save the log of ${nameSome(names)}`,
      lines: [
        `The lines that are shown, through its filters; with their times where these are shown${keyHint(bindings, 'log-time', 'shows them')}.`,
      ],
      verb: 'save',
      fields: [makeField({ label: 'file', text: `${name}.log`, complete: (text) => completePath(text, isLogName) })],
      submit: async ([path = '']) => {
        try {
          const count = await saveLog(expandHome(path), logs.getState(), view.getState().logs.showsTime);
          view.say('ok', `${count} lines in ${path}`);
          return undefined;
        } catch (error) {
          return messageOf(error);
        }
      },
    }),
  });
}

const isLogName = (name: string) => /\.(log|txt|jsonl?)$/.test(name);

export function scrollSideways(workspace: Workspace, step: number): void {
  const { column } = workspace.view.getState().logs;
  workspace.view.setLogs({ column: Math.max(0, column + step) });
}
