import type { Container } from '../../model/container.js';
import type { Layer } from '../../model/layer.js';
import { findSharing } from '../../model/layer-sharing.js';
import type { DetailKind, DetailValues } from '../../store/details-store.js';
import { keyOf } from '../keymap.js';
import type { PaintContext } from '../paint-context.js';
import { formatAge, formatBytes } from '../rows/format.js';
import { fitText, sanitizeText } from '../terminal/ansi-text.js';
import { colourJson, whenReady } from './detail-text.js';
import { namespaceLines } from './namespace-lines.js';
import { securityLines } from './security-lines.js';
import { namespaceTreeLines, surroundingsLines } from './surroundings-lines.js';

/** The lines of a detail tab that is a text; its pane scrolls over them. */
export function detailLines(
  context: PaintContext,
  kind: Exclude<DetailKind, 'surroundings'>,
  container: Container,
  size: { readonly width: number; readonly height: number },
): readonly string[] {
  const details = context.workspace.details.getState();
  if (details.containerId !== container.id) return [context.theme.style('muted', 'reading …')];
  switch (kind) {
    case 'namespaces':
      return whenReady(context, details.namespaces, (value) => [
        ...namespaceLines(context, container, { namespaces: value, security: details.security, ...size }),
        ...(details.surroundings?.status === 'ready'
          ? ['', ...surroundingsLines(context, details.surroundings.value)]
          : []),
        '',
        ...namespaceTreeLines(context, value),
      ]);
    case 'security':
      return whenReady(context, details.security, (value) =>
        securityLines(context, container, { security: value, details, width: size.width }),
      );
    case 'top':
      return whenReady(context, details.top, (value) => processLines(context, value));
    case 'layers':
      return whenReady(context, details.layers, (value) => layerLines(context, container, value));
    case 'inspect':
      return whenReady(context, details.inspect, (value) => value.map((line) => colourJson(context, line)));
  }
}

function processLines({ theme, now }: PaintContext, processes: DetailValues['top']): readonly string[] {
  const header = `${'PID'.padStart(7)} ${'PPID'.padStart(7)} ${'USER'.padEnd(8)} ${'CPU s'.padStart(8)} ${'RSS'.padStart(5)} ${'AGE'.padStart(4)} COMMAND`;
  return [
    theme.style('muted', header),
    ...processes.map(
      (row) =>
        `${String(row.pid).padStart(7)} ${String(row.ppid).padStart(7)} ${fitText(row.user, 8)} ${row.cpuSeconds.toFixed(2).padStart(8)} ` +
        `${formatBytes(row.rssBytes).padStart(5)} ${formatAge(now() - row.startedAtMs).padStart(4)} ${sanitizeText(row.command)}`,
    ),
  ];
}

function layerLines(
  context: PaintContext,
  container: Container,
  { layers, changes }: DetailValues['layers'],
): readonly string[] {
  const { theme, bindings } = context;
  const title = (text: string) => theme.style('title', text);
  const signs = {
    added: theme.style('ok', 'A'),
    modified: theme.style('warning', 'C'),
    deleted: theme.style('error', 'D'),
  };
  const [show, extract] = [keyOf(bindings, 'show-layers', 'containers'), keyOf(bindings, 'tree-extract', 'layers')];
  const hint = changes.length === 0 || show === '' ? '' : `  ${show}: with sizes, and ${extract} there extracts`;
  return [
    ...(layers === undefined ? untoldLines(context) : sharingLines(context, container, layers)),
    '',
    `${title(`changed in the container ${changes.length}`)}${theme.style('muted', hint)}`,
    ...changes.slice(0, CHANGES_MAX).map((change) => `${signs[change.kind]} ${treeName(change.path)}`),
    ...(changes.length > CHANGES_MAX ? [theme.style('muted', `and ${changes.length - CHANGES_MAX} more`)] : []),
  ];
}

/** A directory that holds a change is one itself: each stands below its own. */
function treeName(path: string): string {
  const parts = path.split('/').slice(1);
  return sanitizeText(
    `${'  '.repeat(Math.max(0, parts.length - 1))}${parts.length > 1 ? '' : '/'}${parts.at(-1) ?? ''}`,
  );
}

const CHANGES_MAX = 200;

/** Of an engine behind Docker's API. */
function untoldLines({ theme }: PaintContext): string[] {
  return [
    theme.style('title', 'layers'),
    theme.style(
      'muted',
      "Docker's API does not tell the layers of an image, nor who shares them: only what made them, below.",
    ),
  ];
}

/** The stack, lowest first: each layer with its size and who else stands on it. */
function sharingLines(context: PaintContext, container: Container, layers: readonly Layer[]): string[] {
  const { theme, workspace } = context;
  const { images } = workspace.resources.getState();
  const containers = workspace.containers.getState().byId.values();
  const shared = findSharing(container, layers, { images, containers });
  const sum = (of: typeof shared) => of.reduce((bytes, { layer }) => bytes + layer.sizeBytes, 0);
  const withOthers = shared.filter((each) => each.images.length > 0);
  const lines = shared.map((each) => {
    const names = [
      ...each.images.map(({ repoTags, id }) => repoTags[0] ?? id.slice(7, 19)),
      ...each.containers.map(({ name }) => name),
    ];
    const label =
      each.images.length > 0
        ? theme.style('paused', 'shared with')
        : names.length > 0
          ? theme.style('muted', 'of this image, used by')
          : theme.style('ok', 'only here');
    return `${each.layer.diffId.slice(7, 19)} ${formatBytes(each.layer.sizeBytes).padStart(6)} ${label} ${shorten(names)}`;
  });
  const share = `${formatBytes(sum(shared))}, of it ${formatBytes(sum(withOthers))} shared with other images`;
  return [theme.style('title', `layers ${layers.length}  ${share}`), ...lines];
}

function shorten(names: readonly string[], most = 6): string {
  const rest = names.length - most;
  return rest > 0 ? `${names.slice(0, most).join(', ')} and ${rest} more` : names.join(', ');
}
